"""The simulated year itself: two workers go from due time to due time, and what happens on the way is heard in between."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select

from gateway import worker
from gateway.core import Gateway
from gateway.journeys import acceptance, following, prolonging, settling_in, tracking
from gateway.store import tables
from gateway.store.store import Desk
from schemas.acceptance import AcceptanceRecord
from schemas.returns import ReturnAuthorization, ReturnItem, ReturnReason, ReturnStatus
from schemas.values import DocumentId
from tests.house.clock import MovableClock
from tests.journeys.year.places import RULES
from tests.journeys.year.story import BEGINS, RETURNERS, Story
from tests.sandbox.bench import CREDENTIALS, party, request

AT_ONCE = 16
MOMENT = timedelta(milliseconds=1)
Act = Callable[[Desk], Any]


@dataclass
class Year:
    """`workers` are gateways over one database, or one gateway twice."""

    workers: Sequence[Gateway]
    clock: MovableClock
    stories: Sequence[Story]
    exporter: str = ""
    account: str = ""
    channels: list[str] = field(default_factory=list)
    jobs: int = 0
    transactions: int = 0

    @property
    def gw(self) -> Gateway:
        return self.workers[0]

    def return_id(self, story: Story) -> str:
        return f"ret_{story.number:026d}"

    def shipment_id(self, story: Story) -> str:
        return f"shp_{story.number:026d}"

    async def run(self, grain: timedelta) -> None:
        self.clock.stand(BEGINS)
        await self._settle_in()
        plan = self._plan()
        moments = sorted(plan)
        month = 0
        while True:
            at = await self._next_due()
            coming = [one for one in (at, moments[0] if moments else None) if one]
            if not coming:
                return
            at = min(coming)
            self.clock.stand(BEGINS - ((BEGINS - at) // grain) * grain)
            if self.clock().month != month:
                month = self.clock().month
                print(f"{self.clock():%Y-%m}: {self.transactions} transactions, {self.jobs} jobs", flush=True)
            while moments and moments[0] <= self.clock():
                await self._happen(plan[moments.pop(0)])
            await self._work()

    def _plan(self) -> dict[datetime, list[tuple[int, Act]]]:
        """Everything that is heard, by when; of one moment the bookings first, then the scans, then what people do."""
        plan: dict[datetime, list[tuple[int, Act]]] = defaultdict(list)
        for story in self.stories:
            plan[story.booked_at].append((0, lambda tx, one=story: self._book(tx, one)))
            for heard in {scan.heard for scan in story.scans}:
                plan[heard].append((1, lambda tx, one=story, at=heard: self._hear(tx, one, at)))
            if story.pause:
                plan[story.pause[0]].append((2, lambda tx, one=story: self._pause(tx, one)))
                plan[story.pause[1]].append((2, lambda tx, one=story: self._resume(tx, one)))
            if story.extended_at:
                plan[story.extended_at].append((3, lambda tx, one=story: self._extend(tx, one)))
            if story.decision_heard:
                plan[story.decision_heard].append((4, lambda tx, one=story: self._decide(tx, one)))
            if story.claimed_at:
                plan[story.claimed_at].append((5, lambda tx, one=story: self._claim(tx, one)))
        return plan

    async def _happen(self, acts: list[tuple[int, Act]]) -> None:
        """All of one moment in one transaction, as a carrier's report is."""
        async with self.gw.store.transaction(self.exporter) as tx:
            for _, act in sorted(acts, key=lambda one: one[0]):
                await act(tx)
        self.transactions += 1

    async def _work(self) -> None:
        """Both workers take all that is due, at the same time."""
        while jobs := await self.gw.store.due("judge"):
            places = asyncio.Semaphore(AT_ONCE)

            async def run(gw: Gateway, job: Any, places: asyncio.Semaphore = places) -> None:
                async with places:
                    await worker.run(gw, job)

            await asyncio.gather(*(run(gw, job) for job in jobs for gw in self.workers))
            self.jobs += len(jobs)

    async def _next_due(self) -> datetime | None:
        async with self.gw.store.front_desk() as connection:
            found = await connection.execute(select(func.min(tables.deadlines.c.due_at)))
            at: datetime | None = found.scalar()
            return at

    # What happens ----------------------------------------------------------------------------------------------------

    async def _settle_in(self) -> None:
        self.exporter = await settling_in.add_exporter(self.gw, "Linden")
        async with self.gw.store.transaction(self.exporter) as tx:
            self.account = await settling_in.add_account(
                self.gw, tx, "sandbox_rest", "year", CREDENTIALS["sandbox_rest"], number="1"
            )
            for number, rule in enumerate(RULES):
                self.channels.append(
                    await settling_in.add_channel(
                        tx,
                        self.account,
                        f"place {number}",
                        "RETURN",
                        party("CN"),
                        zone=rule.zone,
                        acceptance=rule.policy(),
                        limits=rule.limits(),
                    )
                )
            source = await tx.sources.of_platform("manual")
            assert source is not None
            await self._insert(tx, source.id)

    async def _insert(self, tx: Desk, source_id: str) -> None:
        """Every return and its shipment as a booking leaves them, in batches."""
        goods = ReturnItem(line_id="1", quantity=1, reason=ReturnReason.UNKNOWN)
        plain = request("HW-YEAR")
        asked = {country: plain.model_copy(update={"shipper": party(country)}) for country, _ in RETURNERS}
        for first in range(0, len(self.stories), 500):
            some = self.stories[first : first + 500]
            returns = [
                {
                    "id": self.return_id(one),
                    "exporter_id": self.exporter,
                    "source_id": source_id,
                    "rma_id": f"R{one.number}",
                    "status": ReturnStatus.BOOKED,
                    "authorization": ReturnAuthorization(
                        rma_id=f"R{one.number}", status=ReturnStatus.APPROVED, items=(goods,)
                    ),
                    "created_at": one.booked_at,
                    "updated_at": one.booked_at,
                }
                for one in some
            ]
            shipments = [
                {
                    "id": self.shipment_id(one),
                    "exporter_id": self.exporter,
                    "return_id": self.return_id(one),
                    "account_id": self.account,
                    "channel_id": self.channels[one.place],
                    "carrier": "sandbox_rest",
                    "state": "booked",
                    "status": "announced",
                    "request": asked[one.returner[0]],
                    "waybill": one.waybill,
                    "booked_at": one.booked_at,
                    "created_at": one.booked_at,
                }
                for one in some
            ]
            await tx.run(insert(tables.returns), returns)
            await tx.run(insert(tables.shipments), shipments)

    async def _book(self, tx: Desk, story: Story) -> None:
        await following.start_hand_over(tx, await tx.shipments.get(self.shipment_id(story)), None)

    async def _hear(self, tx: Desk, story: Story, at: datetime) -> None:
        scans = [scan for scan in story.scans if scan.heard == at]
        await tracking.record(self.gw, tx, self.shipment_id(story), story.events(scans), "poll")

    async def _limit(self, tx: Desk, story: Story) -> str:
        row = await tx.deadlines.of_clock("acceptance", self.return_id(story))
        assert row is not None
        return str(row.id)

    async def _pause(self, tx: Desk, story: Story) -> None:
        proof = DocumentId(
            await tx.documents.keep("paper", "application/pdf", b"held", return_id=self.return_id(story))
        )
        await prolonging.pause(tx, await self._limit(tx, story), reason="customs hold", proof=proof, at=None)

    async def _resume(self, tx: Desk, story: Story) -> None:
        await prolonging.resume(tx, await self._limit(tx, story), at=None)

    async def _extend(self, tx: Desk, story: Story) -> None:
        await prolonging.extend(tx, await self._limit(tx, story), story.rule.extension, asked_at=None)

    async def _decide(self, tx: Desk, story: Story) -> None:
        assert story.decided_at is not None
        record = AcceptanceRecord(decision=story.decision, decided_at=story.decided_at, decided_by="the desk")
        await acceptance.accept(tx, self.return_id(story), record)

    async def _claim(self, tx: Desk, story: Story) -> None:
        row = await tx.deadlines.of_clock("claim", self.shipment_id(story), "damage")
        assert row is not None
        await prolonging.file_claim(tx, row.id, "C-1", filed_at=None)
