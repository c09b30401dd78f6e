"""Findings that only the contract can show, through the door: the bill, the finding on its line, the draft of the dispute."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.core import Gateway
from gateway.journeys import pricing, settling_in
from schemas.charges import ChargeType
from schemas.customs import CustomsDeclaration, CustomsItem, Incoterm
from schemas.tracking import TrackingEvent, TrackingStatus, ZoneSource
from schemas.values import Money, Waybill, Weight
from tests.house.billing import AGREED, CARRIER, bill, book, freight, lines_of, take_in
from tests.house.tariffs import TARIFF
from tests.sandbox.bench import party, request

CONTRACT = (
    TARIFF
    + b"""\
guarantees:
  - {services: [EXPRESS], destination: CN, days: 3, by: "12:00", zone: Asia/Shanghai}
duty_payer: consignee
"""
)
HANDED_OVER = datetime(2026, 3, 2, 16, tzinfo=UTC)
PROMISED = datetime(2026, 3, 5, 4, tzinfo=UTC)  # Thursday noon in Shanghai
S = TrackingStatus


async def booked(gw: Gateway, exporter: str, tariff: bytes | None = CONTRACT, **given: Any) -> str:
    """A shipment SBX1 of an account with this tariff; its id."""
    async with gw.store.transaction(exporter) as tx:
        keys = {"client_id": "c", "client_secret": "s"}
        account_id = await settling_in.add_account(gw, tx, CARRIER, "linden", keys, zone="Europe/Paris")
        channel_id = await settling_in.add_channel(
            tx, account_id, "Ningbo", "RETURN", party("CN"), zone="Asia/Shanghai"
        )
        if tariff:
            await pricing.agree(tx, account_id, tariff)
        asked: dict[str, Any] = {"account_id": account_id, "channel_id": channel_id, "handed_over_at": HANDED_OVER}
        return_id = await book(tx, "SBX1", AGREED, **asked, **given)
        (shipment,) = await tx.shipments.of_return(return_id)
        return str(shipment.id)


async def scanned(gw: Gateway, exporter: str, shipment_id: str, *scans: tuple[TrackingStatus, datetime]) -> None:
    events = [
        TrackingEvent(
            waybill=Waybill("SBX1"), status=status, occurred_at=at, zone=ZoneSource.STATED, wire_code="X", wire_text=""
        )
        for status, at in scans
    ]
    async with gw.store.transaction(exporter) as tx:
        await tx.events.add_distinct(shipment_id, events, "poll")


async def found(gw: Gateway, exporter: str, *rows: dict[str, Any]) -> list[tuple[str, int]]:
    """The finding of each line, and how much of it is agreed; what is not stands in a draft."""
    made = await take_in(gw, exporter, bill("B1", rows))
    lines = await lines_of(gw, made.invoice_ids[0])
    async with gw.store.reading(exporter) as tx:
        drafts = {row.id: row for row in await tx.lists.disputes(None, 50)}
    for line in lines:
        if line.state != "matched":
            assert drafts[line.dispute_id].finding == line.finding
            assert (drafts[line.dispute_id].state, line.because != "") == ("draft", True)
    return [(line.finding, line.agreed_minor) for line in lines]


@pytest.mark.parametrize(
    ("tariff", "billed", "expected"),
    [
        (CONTRACT, "2.30", ("matched", 230)),  # 20 % of 11.50
        (CONTRACT, "2.99", ("tax_wrong", 230)),
        (CONTRACT.replace(b"percent: 20", b"percent: 0"), "2.30", ("tax_wrong", 0)),
        (CONTRACT.replace(b"percent: 20", b"percent: 8.875"), "1.02", ("matched", 102)),
        (None, "2.30", ("tax_wrong", 0)),
    ],
)
async def test_tax_is_held_against_the_rate_that_was_agreed(
    gateway: Gateway, exporter: str, tariff: bytes | None, billed: str, expected: tuple[str, int]
) -> None:
    await booked(gateway, exporter, tariff)
    rows = [freight("SBX1"), freight("SBX1", "1.50", "FSC"), freight("SBX1", billed, "TAX")]
    assert (await found(gateway, exporter, *rows))[-1] == expected


@pytest.mark.parametrize(
    ("late", "expected"),
    [(timedelta(seconds=59), ("matched", 1_000)), (timedelta(seconds=60), ("late_delivery", 0))],
)
async def test_a_promise_missed_by_a_minute_is_missed(
    gateway: Gateway, exporter: str, late: timedelta, expected: tuple[str, int]
) -> None:
    await booked(gateway, exporter, delivered_at=PROMISED + late)
    assert await found(gateway, exporter, freight("SBX1")) == [expected]


async def test_what_the_carrier_promised_of_the_parcel_goes_before_the_contracts_guarantee(
    gateway: Gateway, exporter: str
) -> None:
    delivered = PROMISED + timedelta(hours=5)
    await booked(gateway, exporter, delivered_at=delivered, promised_at=delivered + timedelta(hours=1))
    assert await found(gateway, exporter, freight("SBX1")) == [("matched", 1_000)]


async def test_what_is_not_guaranteed_is_never_late(gateway: Gateway, exporter: str) -> None:
    await booked(gateway, exporter, service="RETURN", delivered_at=PROMISED + timedelta(days=9))
    assert await found(gateway, exporter, freight("SBX1")) == [("matched", 1_000)]


DAY = timedelta(days=1)
STAY = ((S.READY_TO_COLLECT, HANDED_OVER), (S.DELIVERED, HANDED_OVER + 5 * DAY))


@pytest.mark.parametrize(
    ("scans", "billed", "expected"),
    [
        (STAY, "5.00", ("matched", 500)),  # five days, of which three are free
        (STAY, "7.50", ("storage_over", 500)),
        (STAY[:1], "5.00", ("storage_over", 0)),  # nobody knows until when
        ((), "5.00", ("storage_over", 0)),
    ],
)
async def test_days_of_storage_are_counted(
    gateway: Gateway,
    exporter: str,
    scans: tuple[tuple[TrackingStatus, datetime], ...],
    billed: str,
    expected: tuple[str, int],
) -> None:
    await scanned(gateway, exporter, await booked(gateway, exporter), *scans)
    assert await found(gateway, exporter, freight("SBX1", billed, "STO")) == [expected]


@pytest.mark.parametrize(
    ("tariff", "incoterm", "finding"),
    [
        (CONTRACT, Incoterm.DAP, "duty_not_payer"),
        (CONTRACT, Incoterm.DDP, "duty_relief"),  # the booking said that our account pays
        (TARIFF, Incoterm.DAP, "duty_relief"),
    ],
)
async def test_duty_is_asked_of_whom_the_contract_and_the_booking_say(
    gateway: Gateway, exporter: str, tariff: bytes, incoterm: Incoterm, finding: str
) -> None:
    value = Money.of("79.90", "EUR")
    item = CustomsItem(description="Jacket", quantity=1, unit_value=value, unit_weight=Weight(grams=900), origin="CN")
    shipment_id = await booked(gateway, exporter, tariff)
    customs = CustomsDeclaration(items=(item,), customs_value=value, incoterm=incoterm)
    async with gateway.store.transaction(exporter) as tx:
        await tx.shipments.set(shipment_id, request=request("HW-X").model_copy(update={"customs": customs}))
    assert await found(gateway, exporter, freight("SBX1", "8.00", "DTY")) == [(finding, 0)]


async def test_without_a_tariff_nothing_more_is_asked(gateway: Gateway, exporter: str) -> None:
    await booked(gateway, exporter, None, delivered_at=PROMISED + 9 * DAY)
    assert await found(gateway, exporter, freight("SBX1"), freight("SBX1", "1.50", "FSC")) == [
        ("matched", AGREED[ChargeType.FREIGHT]),
        ("matched", AGREED[ChargeType.FUEL]),
    ]
