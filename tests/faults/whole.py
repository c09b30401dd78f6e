"""Faults of whole processes spend their time waiting: they are run several at once, each in a town of its own, and the tests
look up what came of theirs. `@whole()` makes a test of a scenario; the first of them runs all that were selected."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.processes import Nursery
from tests.faults.town import Town, a_town, settings_of
from tests.house.servers import Postgres, run_apart

AT_ONCE = 4
BOTH = ("sqlite", "postgresql")
Scenario = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Spec:
    """A scenario with where it runs. `alone`: it measures time, so nothing else runs beside it."""

    scenario: Scenario
    alone: bool
    redis: bool


def whole(
    *, on: Sequence[str] = BOTH, each: Sequence[Any] = (), alone: bool = False, redis: bool = False
) -> Callable[[Scenario], Any]:
    """A test of a scenario that takes a Town, and one of `each` where given."""

    def make(scenario: Scenario) -> Any:
        def test(outcomes: dict[str, BaseException | None], request: pytest.FixtureRequest, **given: Any) -> None:
            error = outcomes[request.node.nodeid]
            if error is not None:
                raise error

        functools.update_wrapper(test, scenario)
        del test.__wrapped__  # pytest would look at the scenario's own arguments
        test.spec = Spec(scenario, alone, redis)  # type: ignore[attr-defined]
        names = ["profile", *(["one"] if each else [])]
        cases = [(profile, one) for profile in on for one in each] if each else list(on)
        return pytest.mark.parametrize(names if each else "profile", cases)(_with_arguments(test, names))

    return make


def _with_arguments(test: Any, names: Sequence[str]) -> Any:
    """pytest reads the arguments' names off the signature."""
    if "one" in names:

        def with_one(outcomes: Any, request: pytest.FixtureRequest, profile: str, one: Any) -> None:
            test(outcomes, request)

        made: Any = with_one
    else:

        def without(outcomes: Any, request: pytest.FixtureRequest, profile: str) -> None:
            test(outcomes, request)

        made = without
    made.__name__, made.__doc__, made.__module__ = test.__name__, test.__doc__, test.__module__
    made.__qualname__, made.spec = test.__name__, test.spec
    return made


@dataclass
class Surroundings:
    """What towns are built on."""

    nursery: Nursery
    sqlite_template: Path
    postgres: Postgres
    valkey_url: str


def run_all(items: Sequence[pytest.Item], around: Surroundings) -> dict[str, BaseException | None]:
    """Run the scenarios of these tests; what each ended with, by the test's id."""
    outcomes: dict[str, BaseException | None] = {}

    async def one(item: Any) -> None:
        try:
            await asyncio.wait_for(_in_a_town(item, around), 60)
        except BaseException as error:
            outcomes[item.nodeid] = error
        else:
            outcomes[item.nodeid] = None

    async def everything() -> None:
        chosen = [item for item in items if hasattr(getattr(item, "function", None), "spec")]
        places = asyncio.Semaphore(AT_ONCE)

        async def placed(item: Any) -> None:
            async with places:
                await one(item)

        await asyncio.gather(*(placed(item) for item in chosen if not item.function.spec.alone))  # type: ignore[attr-defined]
        for item in chosen:
            if item.function.spec.alone:  # type: ignore[attr-defined]
                await one(item)

    run_apart(everything())
    return outcomes


async def _in_a_town(item: Any, around: Surroundings) -> None:
    spec: Spec = item.function.spec
    given = item.callspec.params
    redis = around.valkey_url if spec.redis and given["profile"] == "postgresql" else ""
    async with (
        settings_of(given["profile"], around.sqlite_template, around.postgres) as settings,
        a_town(settings, around.nursery, redis=redis) as town,
    ):
        await spec.scenario(town, *([given["one"]] if "one" in given else []))


__all__ = ["BOTH", "Surroundings", "Town", "run_all", "whole"]
