"""What a booking is expected to cost, from the tariff to the verdict on the bill, on both databases."""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.core import Gateway
from gateway.journeys import pricing, settling_in
from gateway.journeys.pricing import accrue
from gateway.store import checks, tables
from schemas.charges import Charge, ChargeType
from schemas.shipments import Booking
from schemas.values import Money, Waybill
from tests.house.billing import CARRIER, bill, freight, lines_of, take_in
from tests.house.rows import add_row
from tests.house.tariffs import TARIFF
from tests.sandbox.bench import request

PRICED = "I8 a tariff prices its own account"


async def account_of(gw: Gateway, exporter: str) -> str:
    async with gw.store.transaction(exporter) as tx:
        account_id = await settling_in.add_account(gw, tx, CARRIER, "linden", {"client_id": "c", "client_secret": "s"})
        await pricing.agree(tx, account_id, TARIFF)
        return account_id


async def booked(
    gw: Gateway, exporter: str, account_id: str, waybill: str, *charges: Charge, number: int = 1, **asked: Any
) -> Mapping[tuple[str, str], tuple[int, str | None]]:
    """A booking whose answer has these charges; what was accrued, by basis and type, with the tariff it is from."""
    wanted = request("HW-SOME-REFERENCE").model_copy(update=asked)
    async with gw.store.transaction(exporter) as tx:
        shipment = next((row for row in await tx.shipments.those() if row.waybill == waybill), None)
        if shipment is None:
            return_id = await add_row(tx, tables.returns)
            given: dict[str, Any] = {"return_id": return_id, "carrier": CARRIER, "account_id": account_id}
            shipment_id = await add_row(tx, tables.shipments, **given, state="booked", request=wanted, waybill=waybill)
            await tx.returns.known_as(return_id, [("waybill", waybill)])
            shipment = await tx.shipments.get(shipment_id)
        attempt_id = await add_row(
            tx,
            tables.attempts,
            kind="booking",
            subject_id=shipment.id,
            number=number,
            state="live" if number == 1 else "void",
            waybill=waybill if number == 1 else None,
            request=wanted.model_dump_json(),
        )
        await accrue(
            tx, shipment, await tx.attempts.get(attempt_id), Booking(waybill=Waybill(waybill), charges=charges)
        )
    async with gw.store.reading(exporter) as tx:
        rows = await tx.accruals.of_shipment(shipment.id)
    return {(row.basis, row.type): (row.minor, row.tariff_id) for row in rows}


def charge(kind: ChargeType, amount: str) -> Charge:
    return Charge(type=kind, money=Money.of(amount, "EUR"))


async def test_a_booking_without_a_price_is_priced_by_the_tariff_and_its_bill_held_against_it(
    gateway: Gateway, exporter: str
) -> None:
    account_id = await account_of(gateway, exporter)
    found = await booked(gateway, exporter, account_id, "SBX1", insured_value=Money.of("120", "EUR"))
    assert {key: minor for key, (minor, _) in found.items()} == {
        ("tariff", "FREIGHT"): 1_400,
        ("tariff", "INSURANCE"): 90,
        ("tariff", "FUEL"): 210,
    }
    async with gateway.store.reading(exporter) as tx:
        tariff = await tx.tariffs.last_of(account_id)
    assert tariff is not None
    assert {named for _, named in found.values()} == {tariff.id}
    async with gateway.store.front_desk() as connection:
        assert (await checks.check(connection, lambda *_: "announced"))[PRICED] == []
    async with gateway.store.transaction(exporter) as tx:
        for row in await tx.accruals.those(type="FUEL"):
            await tx.accruals.set(row.id, tariff_id="trf_of_somebody")
    async with gateway.store.front_desk() as connection:
        (offence,) = (await checks.check(connection, lambda *_: "announced"))[PRICED]
    assert "priced by no tariff of its account" in offence
    rows = [freight("SBX1", "17.00"), freight("SBX1", "2.10", "FSC"), freight("SBX1", "0.90", "INS")]
    made = await take_in(gateway, exporter, bill("B1", rows))
    lines = await lines_of(gateway, made.invoice_ids[0])
    assert [(row.finding, row.agreed_minor) for row in lines] == [
        ("rate_over", 1_400),
        ("matched", 210),
        ("matched", 90),
    ]


async def test_the_carriers_own_price_goes_before_and_only_cover_it_leaves_out_is_added(
    gateway: Gateway, exporter: str
) -> None:
    account_id = await account_of(gateway, exporter)
    own = charge(ChargeType.FREIGHT, "20.00")
    assert set(await booked(gateway, exporter, account_id, "SBX1", own, insured_value=None)) == {("booking", "FREIGHT")}
    found = await booked(gateway, exporter, account_id, "SBX2", own, insured_value=Money.of("120", "EUR"))
    assert set(found) == {("booking", "FREIGHT"), ("tariff", "INSURANCE")}
    made = await take_in(gateway, exporter, bill("B1", [freight("SBX2", "20.00"), freight("SBX2", "0.90", "INS")]))
    assert [row.finding for row in await lines_of(gateway, made.invoice_ids[0])] == ["matched", "matched"]


async def test_booked_again_by_the_carriers_own_price_the_tariffs_is_agreed_no_more(
    gateway: Gateway, exporter: str
) -> None:
    account_id = await account_of(gateway, exporter)
    await booked(gateway, exporter, account_id, "SBX1", insured_value=None)
    own = charge(ChargeType.FREIGHT, "20.00")
    found = await booked(gateway, exporter, account_id, "SBX1", own, number=2, insured_value=None)
    assert {key: minor for key, (minor, _) in found.items()} == {
        ("tariff", "FREIGHT"): 0,
        ("tariff", "FUEL"): 0,
        ("booking", "FREIGHT"): 2_000,
    }
    made = await take_in(gateway, exporter, bill("B1", [freight("SBX1", "20.00")]))
    assert [row.finding for row in await lines_of(gateway, made.invoice_ids[0])] == ["matched"]


async def test_what_the_tariff_has_no_price_for_waits_for_a_person(gateway: Gateway, exporter: str) -> None:
    account_id = await account_of(gateway, exporter)
    assert await booked(gateway, exporter, account_id, "SBX1", service="OTHER") == {}
    made = await take_in(gateway, exporter, bill("B1", [freight("SBX1", "20.00")]))
    assert [row.finding for row in await lines_of(gateway, made.invoice_ids[0])] == ["unpriced"]


async def test_versions_are_kept_and_the_last_that_is_valid_on_the_ship_date_prices(
    gateway: Gateway, exporter: str
) -> None:
    account_id = await account_of(gateway, exporter)
    dearer = TARIFF.replace(b"1: 10.00", b"1: 11.00").replace(b"2026-01-01", b"2026-03-02")
    async with gateway.store.transaction(exporter) as tx:
        first = await tx.tariffs.last_of(account_id)
        assert first is not None
        assert await pricing.agree(tx, account_id, TARIFF) == first.id
        second = await tx.tariffs.get(await pricing.agree(tx, account_id, dearer))
    assert (first.version, second.version) == (1, 2)
    wanted = request("HW-SOME-REFERENCE")
    async with gateway.store.reading(exporter) as tx:
        for day, version in ((1, 1), (2, 2)):
            said = await pricing.by_tariff(
                tx, account_id, wanted.model_copy(update={"ship_on": wanted.ship_on.replace(day=day)})
            )
            assert said is not None
            assert said.version == version
        late = wanted.model_copy(update={"ship_on": wanted.ship_on.replace(year=2027)})
        assert await pricing.by_tariff(tx, account_id, late) is None


async def test_a_file_that_is_no_tariff_keeps_nothing(gateway: Gateway, exporter: str) -> None:
    account_id = await account_of(gateway, exporter)
    with pytest.raises(ValueError, match="row 2, column"):
        async with gateway.store.transaction(exporter) as tx:
            await pricing.agree(tx, account_id, TARIFF.replace(b"valid_from: 2026-01-01", b"valid_from: soon"))
    async with gateway.store.reading(exporter) as tx:
        assert len(await tx.tariffs.of_account(account_id)) == 1
