"""Anything at any moment: returns come in, the carrier misbehaves, processes are killed, frozen and started again.

One seed makes one schedule; what the machine makes of it still differs from run to run, because the kills are real.
"""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from gateway import commands
from tests.faults.judgement import Verdict
from tests.faults.processes import Running
from tests.faults.town import KILLED, Town

POINTS = (
    *(f"intake.{place}" for place in ("before_commit", "after_commit")),
    "ingest.before_commit",
    *(f"booking.{place}" for place in ("before_send", "after_send", "before_commit", "after_commit")),
    "resolve.before_commit",
    *(f"void.{place}" for place in ("before_send", "after_send", "before_commit", "after_commit")),
    *(f"poll.{place}" for place in ("mid_page", "before_commit")),
    "outbound.after_2xx",
)
"""Where a process may be told to die: the places that a return passes on its way."""

FAULTS: tuple[dict[str, Any], ...] = (
    *({"script": name} for name in ("accept_then_500", "accept_then_reset", "accept_then_html", "fail_500", "outage")),
    *({"script": name} for name in ("accept_then_502_html", "accept_then_truncate", "token_expired", "refuse")),
    {"script": "accept_then_hang", "seconds": 0.5},
    {"script": "delay", "seconds": 0.3},
    {"script": "429", "retry_after": 2},
    {"script": "accept_then_500", "verb": "void"},
    {"script": "fail_500", "verb": "void"},
    {"script": "fail_500", "verb": "find"},
    {"script": "outage", "verb": "track"},
)
REFUSALS_AT_MOST = 3
OPEN_AT_MOST = 400
LAST_LOOKS = 3


@dataclass
class Chaos:
    """What a seed makes happen, and what did. `kills` counts by place."""

    town: Town
    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    returns: int = 0
    told: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self._deeds: dict[Callable[[], Awaitable[None]], int] = {
            self.arrive: 5,
            self.arrive_twice: 1,
            self.cancel: 1,
            self.misbehave: 2,
            self.let_time_pass: 3,
            self.kill: 3,
            self.plant: 3,
        }
        if not self.town.is_sqlite:
            self._deeds[self.freeze] = 1

    async def run(self, *, seconds: float = 0, kills: int = 0) -> Verdict:
        """Let it happen for so long, or until so many have died; then calm, rest and the judgement."""
        try:
            await self.town.up(web=1, work=2)
            begun = time.monotonic()
            while time.monotonic() - begun < seconds or self.kills.total() < kills:
                await self._one()
            verdict = await self._end()
        except BaseException as error:
            error.add_note(f"{self}, open at its end")
            raise
        print(f"{self}: {verdict}")
        return verdict

    def __str__(self) -> str:
        store = "SQLite" if self.town.is_sqlite else "PostgreSQL"
        places = ", ".join(f"{place} {count}" for place, count in self.kills.most_common())
        return f"seed {self.seed} on {store}, {self.town.settled.carrier}: {self.kills.total()} kills ({places})"

    async def _one(self) -> None:
        await self._replace_the_dead()
        deeds = list(self._deeds)
        (deed,) = self.random.choices(deeds, [self._deeds[one] for one in deeds])
        self.told[deed.__name__] += 1
        await deed()
        await asyncio.sleep(self.random.random() * 0.15)

    async def _end(self) -> Verdict:
        await self.town.bench.tell("calm")
        for process in self.town.running:
            process.tell(signal.SIGCONT)
        await self.town.down()
        await self.town.engine_forgets()
        await commands.resume(self.town.settings, None)  # a carrier that says 401 for long enough pauses its account
        for _ in range(LAST_LOOKS):
            await self.town.up()
            try:
                return await self.town.judge(within=120)
            except AssertionError as error:
                if not all("is not at rest" in line for line in str(error).splitlines()):
                    raise  # what fell due while everything was being ended is no offence: it is done, and judged again
        raise AssertionError("it does not come to rest")

    # Deeds ------------------------------------------------------------------------------------------------------------

    async def arrive(self) -> None:
        """A new return, sometimes heard of several times at once."""
        if self.returns >= OPEN_AT_MOST:
            return
        self.returns += 1
        copies = self.random.choice((1, 1, 1, 3))
        await self.town.authorise(f"R{self.returns}", wait=False, copies=copies)

    async def arrive_twice(self) -> None:
        """The shop tells of a return again, as a message of its own."""
        if self.returns:
            await self.town.authorise(f"R{self.random.randint(1, self.returns)}", wait=False)

    async def cancel(self) -> None:
        """The shop takes a return back."""
        if self.returns:
            number = self.random.randint(1, self.returns)
            await self.town.authorise(f"R{number}", wait=False, changed={"status": "cancelled"})

    async def misbehave(self) -> None:
        fault = self.random.choice(FAULTS)
        if fault["script"] == "refuse" and self.told["refuse"] >= REFUSALS_AT_MOST:
            return
        if fault["script"] == "token_expired" and self.town.settled.carrier == "soap":
            return  # it has no tokens: there a 401 is about the credentials
        self.told[fault["script"]] += 1
        await self.town.script(fault["script"], **{name: it for name, it in fault.items() if name != "script"})

    async def let_time_pass(self) -> None:
        """Less than the five minutes after which a signed notice on its way is too old."""
        self.town.clock.advance(timedelta(seconds=self.random.choice((1, 5, 40, 120))))

    async def kill(self) -> None:
        """Whoever it is, wherever it is."""
        victim = self._somebody()
        victim.tell(signal.SIGKILL)
        await victim.ended()

    async def plant(self) -> None:
        """Somebody is started again who will die at a named place, the first or a later time that it is passed."""
        victim = self._somebody()
        victim.tell(signal.SIGKILL)
        await victim.ended()
        place = self.random.choice(POINTS)
        await self._replace_the_dead(CRASH=f"{place}:{self.random.randint(1, 3)}")

    async def freeze(self) -> None:
        """A worker stops in the middle of what it does, loses its turn, and wakes."""
        victim = self.random.choice([one for one in self.town.running if one.role == "work"])
        victim.tell(signal.SIGSTOP)
        await self.town.lease_over()
        await asyncio.sleep(self.random.random() * 0.3)
        victim.tell(signal.SIGCONT)

    def _somebody(self) -> Running:
        return self.random.choice(self.town.running)

    async def _replace_the_dead(self, **env: str) -> None:
        for dead in [one for one in self.town.running if one.status is not None]:
            assert dead.status == KILLED, f"{dead.role} ended with {dead.status}\n{dead.tail()}"
            self.kills[dead.place or "anywhere"] += 1
            self.town.running.remove(dead)
            await self.town.engine_forgets()
            again = self.town.start(dead.role, **env)
            again.place = env.get("CRASH", "").partition(":")[0]
            if again.url:
                await self._comes_up(again)

    async def _comes_up(self, process: Running) -> None:
        """Answers, or has died where it was told to."""
        try:
            await self.town.ready(process)
        except AssertionError:
            if process.status != KILLED or not process.place:
                raise
