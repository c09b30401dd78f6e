"""What a carrier asks for that it has booked without saying: its quote, asked for afterwards.

It is one more turn of the shipment's own job, which reads and creates nothing: a booking is written down first, whatever
comes of the price. Until it is known the exporter's tariff stands.
"""

from collections.abc import Sequence

from adapters import registry
from adapters.seam import QuotesCharges
from gateway.core import Gateway, twice_if_stale
from gateway.jobs import back_off
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.store.work import Job
from schemas.charges import Charge, Quote
from schemas.errors import AdapterError, Refused
from schemas.shipments import Booking, ShipmentState

PATIENCE = 5
SAID = frozenset({"booking", "quote"})
"""What the carrier itself has said of its price: with the booking, or in a quote."""


def lacks_price(carrier: str, booking: Booking) -> bool:
    """Whether a quote would say more than the booking does."""
    return not booking.charges and issubclass(registry.carrier(carrier), QuotesCharges)


async def is_wanted(gw: Gateway, tx: Desk, shipment: Record, account: Record) -> bool:
    """Whether this turn is for the price: booked, to stay so, and the carrier has not said yet what it asks for."""
    if shipment.state != ShipmentState.BOOKED or shipment.cancel_asked_at is not None:
        return False
    if account.paused or gw.settings.carriers_paused:
        return False
    if not issubclass(registry.carrier(account.carrier), QuotesCharges):
        return False
    return not any(row.basis in SAID and row.minor for row in await tx.accruals.of_shipment(shipment.id))


async def ask(gw: Gateway, job: Job, shipment: Record, account: Record, turn_ends: float) -> None:
    """Ask, and accrue the answer. A refusal, or a carrier that does not answer five times, leaves what is known."""
    carrier = gw.open_carrier(account, turn_ends=turn_ends)
    assert isinstance(carrier, QuotesCharges)
    quotes: Sequence[Quote] = ()
    wait = None
    try:
        quotes = await twice_if_stale(lambda: carrier.quote(shipment.request))
    except AdapterError as error:
        wait = None if isinstance(error, Refused) or shipment.tries >= PATIENCE else back_off(shipment.tries)
    async with gw.store.transaction(job.exporter_id) as tx:
        for charge in _charges(quotes, shipment.request.service):
            await _accrue(tx, shipment, charge)
        due_at = tx.now + wait if wait else None
        await tx.settle("book", shipment, due_at=due_at, tries=shipment.tries if wait else 0)


def _charges(quotes: Sequence[Quote], service: str) -> Sequence[Charge]:
    """Of the service that was booked; a price of another one is no price of this."""
    return next((quote.charges for quote in quotes if quote.service == service), ())


async def _accrue(tx: Desk, shipment: Record, charge: Charge) -> None:
    rows = await tx.accruals.of_shipment(shipment.id)
    same = (row for row in rows if (row.basis, row.type, row.wire_code) == ("quote", charge.type, charge.wire_code))
    known = next(same, None)
    if known is not None:
        await tx.accruals.set(known.id, minor=known.minor + charge.money.minor)
        return
    await tx.accruals.add(
        return_id=shipment.return_id,
        shipment_id=shipment.id,
        type=charge.type,
        minor=charge.money.minor,
        currency=charge.money.currency,
        basis="quote",
        wire_code=charge.wire_code,
        created_at=tx.now,
    )
