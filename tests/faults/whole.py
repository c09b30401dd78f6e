"""Faults of whole processes spend their time waiting: they are run several at once, each in a town of its own, and the tests
look up what came of theirs. `@whole()` makes a test of a scenario; the first of them runs all that were selected."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.founding import a_town, settings_of
from tests.faults.processes import Nursery
from tests.house import servers
from tests.house.servers import Postgres, run_apart

AT_ONCE = 4
LIMIT = 60.0
BOTH = ("sqlite", "postgresql")
Scenario = Callable[..., Awaitable[None]]
Outcomes = dict[str, BaseException | None]


@dataclass(frozen=True)
class Spec:
    """A scenario and how it wants to be run."""

    scenario: Scenario
    alone: bool
    """It measures time, so nothing else runs beside it."""
    own_postgres: bool
    soap_on: Sequence[str]
    """The stores on which the carrier is SOAP."""
    limit: float


def whole(
    *,
    on: Sequence[str] = BOTH,
    each: Sequence[Any] = (),
    soak: Sequence[Any] = (),
    alone: bool = False,
    own_postgres: bool = False,
    soap_on: Sequence[str] = (),
    limit: float = LIMIT,
) -> Callable[[Scenario], Any]:
    """A test of a scenario that takes a Town, and one of `each` where given: those in `soak` are left to long runs."""

    def mark(one: Any) -> list[Any]:
        return [pytest.mark.soak] if one in soak else []

    def make(scenario: Scenario) -> Any:
        spec = Spec(scenario, alone, own_postgres, soap_on, limit)
        if not each:
            return pytest.mark.parametrize("profile", list(on))(_test(spec))
        cases = [pytest.param(profile, one, marks=mark(one)) for profile in on for one in each]
        return pytest.mark.parametrize(("profile", "one"), cases)(_test_of_one(spec))

    return make


def _test(spec: Spec) -> Any:
    def test(outcomes: Outcomes, request: pytest.FixtureRequest, profile: str) -> None:
        _look_up(outcomes, request)

    return _dressed(test, spec)


def _test_of_one(spec: Spec) -> Any:
    def test(outcomes: Outcomes, request: pytest.FixtureRequest, profile: str, one: Any) -> None:
        _look_up(outcomes, request)

    return _dressed(test, spec)


def _dressed(test: Any, spec: Spec) -> Any:
    """The test under its scenario's name. `functools.wraps` would show pytest the scenario's arguments."""
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(test, name, getattr(spec.scenario, name))
    test.spec = spec
    return test


def _look_up(outcomes: Outcomes, request: pytest.FixtureRequest) -> None:
    error = outcomes[request.node.nodeid]
    if error is not None:
        raise error


@dataclass
class Surroundings:
    """What towns are built on."""

    nursery: Nursery
    sqlite_template: Path
    postgres: Postgres


def run_all(items: Sequence[Any], around: Surroundings) -> Outcomes:
    """Run the scenarios of these tests; what each ended with, by the test's id."""
    chosen = [item for item in items if hasattr(getattr(item, "function", None), "spec")]
    outcomes: Outcomes = {}

    async def one(item: Any) -> None:
        outcomes[item.nodeid] = None
        try:
            await asyncio.wait_for(_in_a_town(item, around), item.function.spec.limit)
        except BaseException as error:
            outcomes[item.nodeid] = error

    async def everything() -> None:
        places = asyncio.Semaphore(AT_ONCE)

        async def placed(item: Any) -> None:
            async with places:
                await one(item)

        await asyncio.gather(*(placed(item) for item in chosen if not item.function.spec.alone))
        for item in chosen:
            if item.function.spec.alone:
                await one(item)

    run_apart(everything())
    return outcomes


async def _in_a_town(item: Any, around: Surroundings) -> None:
    spec: Spec = item.function.spec
    given = item.callspec.params
    async with AsyncExitStack() as stack:
        postgres = around.postgres
        if spec.own_postgres:
            server = servers.postgres()
            postgres = await asyncio.to_thread(server.__enter__)
            stack.push_async_callback(asyncio.to_thread, server.__exit__, None, None, None)
        settings = await stack.enter_async_context(settings_of(given["profile"], around.sqlite_template, postgres))
        carrier = "soap" if given["profile"] in spec.soap_on else "rest"
        town = await stack.enter_async_context(a_town(settings, around.nursery, carrier=carrier))
        await spec.scenario(town, *([given["one"]] if "one" in given else []))
