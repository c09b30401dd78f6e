"""A whole gateway in the test's own process, whose work is done step by step and whose time is moved by hand.

Nobody works in the background: `run_due` runs what is due, `come_to_rest` goes on from one due time to the next. So a wait
of an hour takes no time, and what happens when is the test's to say.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import literal, select, union_all, update

from gateway import worker
from gateway.core import Gateway
from gateway.store import tables
from gateway.store.transaction import Record
from gateway.store.work import WORK, Job
from tests.faults.judgement import Verdict, judge, open_work
from tests.house.clock import MovableClock
from tests.house.settled import Settled
from tests.sandbox.bench import PATHS, Bench

ROUNDS = 2_000
"""More than any scenario takes: a day in which something is due every few minutes takes six hundred."""
AT_ONCE = 12
MOMENT = timedelta(milliseconds=1)

ALL_WORK = union_all(
    *(
        select(literal(kind).label("kind"), table.c.id, table.c.exporter_id, table.c.turn, table.c.due_at).where(
            table.c.due_at.is_not(None)
        )
        for kind, table in WORK.items()
    )
)


@dataclass
class House:
    settled: Settled
    clock: MovableClock

    @property
    def gw(self) -> Gateway:
        return self.settled.gateway

    @property
    def bench(self) -> Bench:
        return self.settled.bench

    @property
    def carrier(self) -> str:
        """The adapter's id."""
        return f"sandbox_{self.settled.carrier}"

    # Working ----------------------------------------------------------------------------------------------------------

    async def rows(self, gw: Gateway | None = None) -> list[Any]:
        """Every row that is work, with its kind: one look at all tables."""
        async with (gw or self.gw).store.front_desk() as connection:
            return list((await connection.execute(ALL_WORK)).all())

    async def run_due(self, gw: Gateway | None = None) -> int:
        """Run everything that is due now, at once; how many jobs that were."""
        gw = gw or self.gw
        now, places = gw.clock(), asyncio.Semaphore(AT_ONCE)
        jobs = [Job(row.kind, row.id, row.exporter_id, row.turn) for row in await self.rows(gw) if row.due_at <= now]

        async def run(job: Job) -> None:
            async with places:
                await worker.run(gw, job)

        await asyncio.gather(*(run(job) for job in jobs))
        return len(jobs)

    async def run(self, kind: str) -> int:
        """Run what is due of one kind only."""
        jobs = list(await self.gw.store.due(kind))
        await asyncio.gather(*(worker.run(self.gw, job) for job in jobs))
        return len(jobs)

    async def next_due(self) -> datetime | None:
        """When the next open work is due; None when all is at rest."""
        async with self.gw.store.front_desk() as connection:
            return min((row.due_at for _, row in await open_work(connection, self.clock())), default=None)

    async def come_to_rest(self, within: timedelta = timedelta(hours=2), grain: timedelta = MOMENT) -> None:
        """Work, and let time pass, until nothing is open. Fails when that takes longer than `within` of the clock. Time
        moves by `grain` at least: larger where many rows wait, each for a moment of its own."""
        limit = self.clock() + within
        for _ in range(ROUNDS):
            if await self.run_due():
                continue
            at = await self.next_due()
            if at is None:
                return
            assert at <= limit, f"still open at {at}, {within} were given"
            self.clock.advance(max(at - self.clock(), grain) + MOMENT)
        raise AssertionError("work goes round in circles")

    async def until(self, ask: Callable[[], Awaitable[Any]], within: timedelta = timedelta(hours=2)) -> Any:
        """Work, and let time pass, until the answer is true."""
        limit = self.clock() + within
        for _ in range(ROUNDS):
            if answer := await ask():
                return answer
            if await self.run_due():
                continue
            at = await self.next_due()
            assert at is not None, "at rest, and it has not come true"
            assert at <= limit, "it has not come true in time"
            self.clock.advance(max(at - self.clock(), MOMENT) + MOMENT)
        raise AssertionError("work goes round in circles")

    async def pass_time(self, by: timedelta, grain: timedelta = MOMENT) -> None:
        """Let so much time go by; what falls due on the way is done when it is due."""
        end = self.clock() + by
        for _ in range(ROUNDS):
            if await self.run_due():
                continue
            at = await self._next_of_all()
            if at is None or at + grain > end:
                self.clock.advance(max(end - self.clock(), MOMENT))
                await self.run_due()
                return
            self.clock.advance(max(at - self.clock(), grain) + MOMENT)
        raise AssertionError("work goes round in circles")

    async def _next_of_all(self) -> datetime | None:
        # The shop's list is asked each quarter of an hour: on the way, but nothing to stop for.
        return min((row.due_at for row in await self.rows() if row.kind != "list"), default=None)

    # The world --------------------------------------------------------------------------------------------------------

    async def script(self, name: str, **told: Any) -> None:
        """Tell the sandbox to misbehave."""
        await self.bench.tell("script", script=name, **told)

    async def authorise(self, rma_id: str = "R1", **changed: Any) -> None:
        """A return is authorised and its webhook has been received."""
        await self.settled.authorise(rma_id, **changed)
        await self.webhooks_sent()

    async def webhooks_sent(self) -> list[Any]:
        tries: list[Any] = (await self.bench.ask("platform/shop/deliveries?settle=1"))["tries"]
        return tries

    async def booked(self, rma_id: str = "R1") -> Record:
        """A return that is booked and at rest."""
        await self.authorise(rma_id)
        await self.come_to_rest()
        return (await self.settled.shipments_of(rma_id))[0]

    async def creates(self) -> list[Any]:
        """Every create the carrier has read, in order."""
        return [one for one in (await self.bench.ask("requests?verb=book"))["requests"] if one.get("client_ref")]

    async def ledger(self, kind: str) -> list[Any]:
        entries: list[Any] = (await self.bench.ask(f"ledger?kind={kind}"))["entries"]
        return entries

    async def told(self, sink: str = "demo") -> list[Any]:
        """Every delivery to a sink."""
        heard: list[Any] = (await self.bench.ask(f"sink/{sink}"))["deliveries"]
        return heard

    async def notices(self, kind: str) -> list[Any]:
        """Distinct notices of one kind that the endpoint has heard."""
        seen = {one["id"]: one for one in await self.told() if f'"type":"{kind}"' in one["body"]}
        return list(seen.values())

    async def attempts(self, rma_id: str = "R1") -> list[Record]:
        row = await self.settled.return_of(rma_id)
        assert row is not None
        return list(await self.settled.reading(lambda tx: tx.attempts.of_return(row.id)))

    async def said(self, attempt: Record) -> list[Record]:
        """What the audit says of an attempt."""
        return [
            row
            for row in await self.settled.reading(lambda tx: tx.audit.of_chain(attempt.return_id))
            if row.subject_id == attempt.id
        ]

    async def shipment(self, rma_id: str = "R1") -> Record:
        return (await self.settled.shipments_of(rma_id))[0]

    async def tasks(self) -> list[Record]:
        return list(await self.settled.reading(lambda tx: tx.tasks.open_ones()))

    async def reach_carrier_at(self, origin: str | None) -> None:
        """Move the account's carrier to another origin (a proxy, a wrong name); None moves it back."""
        url = (origin or self.bench.base) + PATHS[self.carrier]
        async with self.gw.store.transaction(self.settled.exporter) as tx:
            await tx.run(
                update(tables.accounts).where(tables.accounts.c.id == self.settled.account).values(base_url=url)
            )

    # The end ----------------------------------------------------------------------------------------------------------

    async def judge(self, *, bugs: int = 0) -> Verdict:
        """The final judgement, at rest. `bugs` is how many jobs were made to fail as a bug of ours would."""
        await self.webhooks_sent()
        await self.come_to_rest(timedelta(days=3))
        self.clock.stand()  # from here on nothing falls due by itself
        await self.come_to_rest(timedelta(0))
        verdict = await judge(self.gw, self.bench)
        assert not verdict.offences, "\n".join(verdict.offences)
        outcomes = [
            (sample.labels["kind"], sample.value)
            for metric in self.gw.metrics.jobs.collect()
            for sample in metric.samples
            if sample.name.endswith("_total") and sample.labels["outcome"] == "bug"
        ]
        assert sum(count for _, count in outcomes) <= bugs, outcomes
        return verdict
