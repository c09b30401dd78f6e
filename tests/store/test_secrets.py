"""Credentials at rest open only with a key of the ring, and only for whom they were sealed."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from gateway.store.secrets import SealBroken, Sealer

SECRET = "k-e-y 密"


def test_what_was_sealed_opens_and_does_not_show_itself() -> None:
    sealer = Sealer([Fernet.generate_key().decode()])
    sealed = sealer.seal("acc_1", SECRET)
    assert sealer.open("acc_1", sealed) == SECRET
    assert SECRET not in sealed
    assert sealer.seal("acc_1", SECRET) != sealed


def test_a_new_key_in_front_seals_and_the_old_one_still_opens() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    before = Sealer([old]).seal("acc_1", SECRET)
    both = Sealer([new, old])
    after = both.seal("acc_1", SECRET)
    assert both.open("acc_1", before) == both.open("acc_1", after) == SECRET
    assert Sealer([new]).open("acc_1", after) == SECRET
    with pytest.raises(SealBroken):
        Sealer([new]).open("acc_1", before)


def test_a_row_copied_to_another_account_does_not_open_there() -> None:
    sealer = Sealer([Fernet.generate_key().decode()])
    with pytest.raises(SealBroken) as broken:
        sealer.open("acc_2", sealer.seal("acc_1", SECRET))
    assert SECRET not in str(broken.value)


@pytest.mark.parametrize("damaged", ["", "not a token", "é"])
def test_what_is_no_seal_is_a_broken_one(damaged: str) -> None:
    with pytest.raises(SealBroken):
        Sealer([Fernet.generate_key().decode()]).open("acc_1", damaged)


def test_the_key_file_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys"
    sealed = Sealer.from_file(path).seal("acc_1", SECRET)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Sealer.from_file(path).open("acc_1", sealed) == SECRET
    path.write_text(Fernet.generate_key().decode() + "\n" + path.read_text())
    assert Sealer.from_file(path).open("acc_1", sealed) == SECRET
