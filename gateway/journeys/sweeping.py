"""The daily sweep for orphans: what the carrier's own list holds and we do not know is a booking that nobody watches.

The last net below attempts and look-ups; the other one is the invoice, where a billed waybill of nobody's is held.
"""

from datetime import timedelta

import structlog

from adapters.seam import ListsBookings
from gateway.core import PAUSED_WAIT, Gateway, may_be_read, twice_if_stale
from gateway.jobs import back_off, jittered
from gateway.rules.details import Detail
from gateway.store.shipments import SLOT
from gateway.store.work import Job
from schemas.errors import AdapterError
from schemas.shipments import BookingState

log = structlog.get_logger(__name__)
EVERY = timedelta(days=1)
OVERLAP = timedelta(days=2)
FIRST_LOOK_BACK = timedelta(days=30)
WATCHED = frozenset(SLOT) | {"released"}
"""Live and open bookings, and those that a person let go knowing that they stand."""


async def sweep_account(gw: Gateway, job: Job) -> None:
    """Hold one account's list against our attempts; a live booking that is nobody's, or over here, becomes a task."""
    async with gw.store.transaction(job.exporter_id) as tx:
        row = await tx.claim(job)
        if row is None:
            return
        account = await tx.accounts.get(row.account_id)
        if not may_be_read(account):
            await tx.settle("sweep", row, due_at=tx.now + PAUSED_WAIT, tries=row.tries - 1)
            return
        since = row.listed_until - OVERLAP if row.listed_until else tx.now - FIRST_LOOK_BACK
        asked_at = tx.now
    carrier = gw.open_carrier(account)
    if not isinstance(carrier, ListsBookings):
        async with gw.store.transaction(job.exporter_id) as tx:
            await tx.settle("sweep", row)
        return
    try:
        listed = await twice_if_stale(lambda: carrier.list_bookings(since))
    except AdapterError as error:
        log.warning("sweep.unanswered", account=account.id, error=type(error).__name__)
        async with gw.store.transaction(job.exporter_id) as tx:
            await tx.settle("sweep", row, due_at=tx.now + back_off(row.tries), tries=row.tries)
        return
    live = {one.booking.waybill: one.booking for one in listed if one.booking.state is BookingState.LIVE}
    async with gw.store.transaction(job.exporter_id) as tx:
        ours = await tx.attempts.states_of(account.carrier, list(live))
        open_refs = await tx.attempts.open_references(account.id)
        for waybill, booking in live.items():
            states = ours.get(waybill, set())
            if states & WATCHED or booking.echoed_ref in open_refs:
                continue
            what = {"carrier": account.carrier, "waybill": waybill, "reference": booking.echoed_ref}
            detail = Detail.of("live_though_over" if states else "strange_booking", **what)
            await tx.tasks.ask("orphan", f"orphan:{account.id}:{waybill}", detail)
        await tx.sweeps.set(row.id, listed_until=asked_at)
        await tx.settle("sweep", row, due_at=tx.now + jittered(EVERY))
