"""A carrier that books without naming a price is asked for its quote afterwards, on both databases."""

from collections.abc import Sequence
from typing import Any

import pytest

from adapters.carriers.sandbox_rest.client import SandboxRest
from gateway.running import working
from gateway.store.transaction import Record
from schemas.charges import Quote
from schemas.errors import RefusalCode, Refused, Unavailable
from schemas.shipments import Booking, BookingRequest
from tests.house.settled import Settled
from tests.house.waiting import eventually

pytestmark = pytest.mark.parametrize("carrier_kind", ["rest"], indirect=True)


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The carrier says nothing of charges when it books."""
    real = SandboxRest.book

    async def book(self: SandboxRest, request: BookingRequest) -> Booking:
        return (await real(self, request)).model_copy(update={"charges": ()})

    monkeypatch.setattr(SandboxRest, "book", book)


async def accrued(settled: Settled, shipment: Record) -> Sequence[Record]:
    rows: Sequence[Record] = await settled.reading(lambda tx: tx.accruals.of_shipment(shipment.id))
    return rows


async def test_its_quote_is_what_was_agreed(settled: Settled) -> None:
    async with working(settled.gateway):
        await settled.authorise("R1")
        shipment = await settled.booked("R1")
        rows = await eventually(lambda: accrued(settled, shipment))
    assert {row.basis for row in rows} == {"quote"}
    assert sum(row.minor for row in rows) > 0


async def test_one_that_does_not_answer_is_asked_again_and_the_booking_stands(
    settled: Settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = SandboxRest.quote, []

    async def quote(self: SandboxRest, request: BookingRequest) -> Sequence[Quote]:
        asked.append(request.client_ref)
        if len(asked) == 1:
            raise Unavailable("away")
        return await real(self, request)

    monkeypatch.setattr(SandboxRest, "quote", quote)
    async with working(settled.gateway):
        await settled.authorise("R1")
        shipment = await settled.booked("R1")
        rows: Any = await eventually(lambda: accrued(settled, shipment))
    assert rows
    assert len(asked) == 2
    assert await settled.bench.live(shipment.client_ref) == [shipment.waybill]


async def test_a_refused_quote_is_not_asked_for_again(settled: Settled, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def quote(self: SandboxRest, request: BookingRequest) -> Sequence[Quote]:
        asked.append(request.client_ref)
        raise Refused("no prices for you", code=RefusalCode.OTHER)

    monkeypatch.setattr(SandboxRest, "quote", quote)
    async with working(settled.gateway):
        await settled.authorise("R1")
        shipment = await settled.booked("R1")

        async def settled_again() -> bool:
            row = await settled.reading(lambda tx: tx.shipments.get(shipment.id))
            return bool(asked) and row.due_at is None

        assert await eventually(settled_again)
    assert len(asked) == 1
    assert not await accrued(settled, shipment)
