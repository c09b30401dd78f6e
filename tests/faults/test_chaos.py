"""A random schedule of everything. The seed is printed; `HOMEWARD_SEED` sets it. A minute by default, long with `-m soak`."""

import os
from random import SystemRandom

import pytest

from tests.faults.chaos import Chaos
from tests.faults.town import Town
from tests.faults.whole import whole

SHORT, LONG = 60.0, 1800.0
SEEDS = (11, 22, 33, 44, 55)
KILLS = 200


def a_seed() -> int:
    return int(os.environ.get("HOMEWARD_SEED", 0)) or SystemRandom().randint(1, 1_000_000)


@whole(soap_on=["postgresql"], limit=300)
async def test_a_random_minute(town: Town) -> None:
    verdict = await Chaos(town, a_seed()).run(seconds=SHORT)
    assert verdict.orphans == verdict.ledger_sum == 0


@pytest.mark.soak
@whole(soap_on=["sqlite"], limit=3600)
async def test_a_random_half_hour(town: Town) -> None:
    verdict = await Chaos(town, a_seed()).run(seconds=LONG)
    assert verdict.orphans == verdict.ledger_sum == 0


@whole(each=SEEDS, soak=SEEDS, soap_on=["postgresql"], limit=3600)
async def test_a_thousand_kills(town: Town, one: int) -> None:
    """Two hundred for each of five seeds, on each store."""
    chaos = Chaos(town, one)
    verdict = await chaos.run(kills=KILLS)
    assert chaos.kills.total() >= KILLS
    assert verdict.orphans == verdict.ledger_sum == 0
