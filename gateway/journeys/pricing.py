"""What a booking is expected to cost: the carrier's own word, else the exporter's tariff, else nothing is known.

Tariffs are versions that are never changed. What was accrued at booking names the version that it was priced by.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.rules import tariffs
from gateway.rules.running import COVER
from gateway.rules.tariff_file import read_tariff
from gateway.rules.tariffs import NoPrice, Priced
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.charges import Charge
from schemas.shipments import Booking, BookingRequest
from schemas.tariffs import Tariff


@dataclass(frozen=True, slots=True)
class ByTariff:
    """A price by one version of a tariff; without one, why it has none."""

    tariff_id: str
    version: int
    priced: Priced | None = None
    because: str = ""


async def agree(tx: Desk, account_id: str, content: bytes) -> str:
    """Keep a file as the next version of an account's tariff; its id. The same again is the version that is there. Raises
    Unreadable with the row and column of all that is wrong."""
    account = await tx.accounts.get(account_id, lock=True)
    tariff: Tariff = read_tariff(content)
    sha256 = hashlib.sha256(tariff.model_dump_json().encode()).hexdigest()
    last = await tx.tariffs.last_of(account.id)
    if last is not None and last.sha256 == sha256:
        return str(last.id)
    version = last.version + 1 if last else 1
    tariff_id = await tx.tariffs.add(
        account_id=account.id,
        version=version,
        tariff=tariff,
        sha256=sha256,
        valid_from=tariff.valid_from,
        valid_until=tariff.valid_until,
        added_by=tx.actor,
        created_at=tx.now,
    )
    tx.note("tariff.agreed", tariff_id, after={"account_id": account.id, "version": version, "sha256": sha256})
    return tariff_id


async def by_tariff(tx: Desk, account_id: str, request: BookingRequest) -> ByTariff | None:
    """The price by the version that is in force on the ship date; None where the account has none."""
    row = await tx.tariffs.in_force(account_id, request.ship_on)
    return None if row is None else priced_by(row, request)


def priced_by(row: Record, request: BookingRequest) -> ByTariff:
    try:
        return ByTariff(row.id, row.version, tariffs.price(row.tariff, request))
    except NoPrice as error:
        return ByTariff(row.id, row.version, because=str(error))


async def accrue(tx: Desk, shipment: Record, attempt: Record, booking: Booking) -> None:
    """What is agreed, by type, for the bill to be held against. What was agreed of an earlier booking of the same shipment,
    void by now, is agreed no more."""
    sums: dict[tuple[str, str, str | None, str | None], int] = {}
    for charge, tariff_id in await _agreed(tx, shipment, attempt, booking.charges):
        key = (charge.type.value, charge.money.currency, charge.wire_code, tariff_id)
        sums[key] = sums.get(key, 0) + charge.money.minor
    rows = await tx.accruals.of_shipment(shipment.id) if attempt.number > 1 else ()
    before = {(row.type, row.wire_code, row.basis): row.id for row in rows if row.basis != "quote"}
    for (kind, currency, code, tariff_id), minor in sums.items():
        basis = "tariff" if tariff_id else "booking"
        known = before.pop((kind, code, basis), None)
        said = {"minor": minor, "currency": currency, "tariff_id": tariff_id, "created_at": tx.now}
        if known is not None:
            await tx.accruals.set(known, **said)
            continue
        await tx.accruals.add(
            return_id=shipment.return_id, shipment_id=shipment.id, type=kind, basis=basis, wire_code=code, **said
        )
    for row_id in before.values():
        await tx.accruals.set(row_id, minor=0)


async def _agreed(
    tx: Desk, shipment: Record, attempt: Record, said: Sequence[Charge]
) -> list[tuple[Charge, str | None]]:
    """The carrier's own charges; by the tariff what it did not price: all of it, or cover that was asked for."""
    agreed: list[tuple[Charge, str | None]] = [(charge, None) for charge in said]
    covered = shipment.request.insured_value is None or any(charge.type in COVER for charge in said)
    if said and covered:
        return agreed
    asked = shipment.request.model_copy(update={"ship_on": max(shipment.request.ship_on, attempt.sent_at.date())})
    found = await by_tariff(tx, shipment.account_id, asked)
    if found is None or found.priced is None:
        return agreed
    its = (charge for charge in found.priced.quote.charges if not said or charge.type in COVER)
    return [*agreed, *((charge, found.tariff_id) for charge in its if charge.money.minor)]
