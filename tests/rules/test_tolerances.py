"""How much is let pass, and what becomes of what is not."""

import pytest

from gateway.rules.meanings import MEANINGS, TWENTY, LineState
from gateway.rules.tolerances import Limit
from schemas.charges import FindingKind


@pytest.mark.parametrize(
    ("expected", "currency", "allowed"),
    [
        (100, "EUR", 50),  # fifty cents
        (5_099, "EUR", 50),
        (5_100, "EUR", 51),  # one per cent
        (100_000, "EUR", 1_000),
        (1_000, "JPY", 50),  # a currency without decimals has an amount of its own
        (1_000, "BHD", 500),  # half a dinar
        (-100_000, "EUR", 1_000),
    ],
)
def test_the_tolerance_is_a_fixed_amount_or_one_per_cent(expected: int, currency: str, allowed: int) -> None:
    assert Limit().of(expected, currency) == allowed


def test_all_twenty_have_a_meaning_and_what_is_not_good_has_evidence() -> None:
    assert len(TWENTY) == len(set(TWENTY)) == 20
    assert set(MEANINGS) == set(FindingKind)
    assert all(meaning.evidence for meaning in MEANINGS.values() if meaning.state is not LineState.MATCHED)
