"""The mailbox folder: what is dropped there is imported and put away, and what cannot be says why beside it."""

import os
import time
from pathlib import Path

import pytest

from gateway.core import Gateway
from gateway.journeys import mailbox
from gateway.store import tables
from tests.house.billing import bill, freight

BILL = bill("B1", [freight("SBX1")])
ODD = b"Bill;Parcel;Base;Sum\nB7;SBX1;10,00;10,00\n"
PROFILE = b"""carrier: oddpost
currency: EUR
decimal: ","
columns: {invoice: Bill, waybill: Parcel}
charges: {Base: FREIGHT}
row_total: Sum
"""


@pytest.fixture
def folder(gateway: Gateway, exporter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    box = tmp_path / "inbox"
    box.mkdir()
    monkeypatch.setattr(gateway, "settings", gateway.settings.model_copy(update={"inbox": box}))
    return box


def drop(folder: Path, name: str, content: bytes, *, age: float = 60) -> Path:
    path = folder / name
    path.write_bytes(content)
    then = time.time() - age
    os.utime(path, (then, then))
    return path


async def numbers(gateway: Gateway) -> list[str]:
    async with gateway.store.front_desk() as connection:
        rows = await connection.execute(tables.invoices.select().order_by(tables.invoices.c.created_at))
        return [row.number for row in rows]


async def test_a_bill_is_taken_in_and_put_away(gateway: Gateway, folder: Path) -> None:
    drop(folder, "march.csv", BILL)
    assert await mailbox.look(gateway) == 1
    assert await numbers(gateway) == ["B1"]
    assert [path.name for path in (folder / "done").iterdir()] == ["march.csv"]
    assert await mailbox.look(gateway) == 0
    drop(folder, "march.csv", BILL)  # the same again: nothing new, and the first one is not overwritten
    assert await mailbox.look(gateway) == 1
    assert await numbers(gateway) == ["B1"]
    assert sorted(path.name for path in (folder / "done").iterdir()) == ["march.2.csv", "march.csv"]


async def test_what_cannot_be_read_is_refused_with_its_reason(gateway: Gateway, folder: Path) -> None:
    drop(folder, "cat.jpg", b"\xff\xd8\xff\xe0 a cat")
    assert await mailbox.look(gateway) == 1
    assert await numbers(gateway) == []
    refused = folder / "refused"
    assert (refused / "cat.jpg").read_bytes().startswith(b"\xff\xd8")
    assert "no reader recognises this file" in (refused / "cat.jpg.reason.txt").read_text()


async def test_what_is_still_being_written_waits(gateway: Gateway, folder: Path) -> None:
    drop(folder, "half.csv", BILL[:40], age=0)
    drop(folder, ".hidden", BILL)
    (folder / "link.csv").symlink_to(drop(folder, ".elsewhere", BILL))
    assert await mailbox.look(gateway) == 0
    assert (folder / "half.csv").exists()


async def test_each_exporter_has_a_folder_of_his_own(gateway: Gateway, exporter: str, folder: Path) -> None:
    mine = folder / exporter
    mine.mkdir()
    drop(mine, "march.csv", BILL)
    assert await mailbox.look(gateway) == 1
    assert (mine / "done" / "march.csv").exists()


async def test_a_file_too_large_is_refused_unread(
    gateway: Gateway, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "settings", gateway.settings.model_copy(update={"document_limit": 10}))
    drop(folder, "march.csv", BILL)
    assert await mailbox.look(gateway) == 1
    assert "larger than 10 bytes" in (folder / "refused" / "march.csv.reason.txt").read_text()


async def test_a_profile_beside_it_describes_what_no_reader_knows(gateway: Gateway, folder: Path) -> None:
    drop(folder, "profile.yaml", PROFILE)
    drop(folder, "odd.csv", ODD)
    drop(folder, "march.csv", BILL)
    assert await mailbox.look(gateway) == 2
    assert sorted(await numbers(gateway)) == ["B1", "B7"]
    assert (folder / "profile.yaml").exists()
