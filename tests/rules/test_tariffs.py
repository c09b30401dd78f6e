"""What a shipment costs by a tariff: lanes, surcharges, fuel by its dated table; and what is told of a file that is wrong."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.tariff_file import Unreadable, read_tariff
from gateway.rules.tariffs import NoPrice, Priced, price, promised_at, storage_of, tax_permille, way_of
from schemas.shipments import BookingRequest, Parcel
from schemas.tariffs import Tariff, WeighedBy
from schemas.values import Dimensions, Money, Weight
from tests.house.sources import ROOT
from tests.sandbox.bench import request

FILE = """\
currency: EUR
valid_from: 2026-01-01
zones:
  islands: [FR 20*, ES 35000-35999]
  west: [FR, BE, ES]
volume_divisor: 5000
freight:
  - services: [EXPRESS]
    origin: west
    destination: [DE]
    prices: {0.5: 9.00, 1: 11.00, 2: 13.50}
    per_step: 3.00
  - services: [ECONOMY]
    prices: {10: 40.00}
    minimum: 45.00
surcharges:
  - {type: REMOTE_AREA, origin: islands, price: 12.00}
  - {type: PEAK_DEMAND, valid_from: 2026-11-01, valid_until: 2026-12-24, per: parcel, price: 1.50}
  - {type: OVERSIZE, over_cm: 120, price: 25.00}
  - {type: ENVIRONMENT, per: kg, price: 0.10, minimum: 0.25}
fuel:
  - {valid_from: 2026-03, percent: 18.5}
  - {valid_from: 2026-04, percent: 20}
  - {valid_from: 2026-01-01, percent: 5, services: [ECONOMY]}
insurance: {basis: per_unit, price: 0.45, unit: 100, free_up_to: 50}
tax:
  - {origin: FR, destination: FR, percent: 20}
  - {percent: 0}
storage: {free_days: 3, per_day: 2.50}
"""
TABLE = """\
part,services,origin,destination,up_to_kg,price,per_step,type,per,valid_from,valid_until,percent,name,areas,currency,over_cm,minimum,\
basis,unit,free_up_to,free_days,per_day,volume_divisor
tariff,,,,,,,,,2026-01-01,,,,,EUR,,,,,,,,5000
zone,,,,,,,,,,,,islands,FR 20*;ES 35000-35999
zone,,,,,,,,,,,,west,FR;BE;ES
freight,EXPRESS,west,DE,0.5,9.00,3.00
freight,EXPRESS,west,DE,1,11.00
freight,EXPRESS,west,DE,2,13.50
freight,ECONOMY,,,10,40.00,,,,,,,,,,,45.00
surcharge,,islands,,,12.00,,REMOTE_AREA
surcharge,,,,,1.50,,PEAK_DEMAND,parcel,2026-11-01,2026-12-24
surcharge,,,,,25.00,,OVERSIZE,,,,,,,,120
surcharge,,,,,0.10,,ENVIRONMENT,kg,,,,,,,,0.25
fuel,,,,,,,,,2026-03,,18.5
fuel,,,,,,,,,2026-04,,20
fuel,ECONOMY,,,,,,,,2026-01-01,,5
insurance,,,,,0.45,,,,,,,,,,,,per_unit,100,50
tax,,FR,FR,,,,,,,,20
tax,,,,,,,,,,,0
storage,,,,,,,,,,,,,,,,,,,,3,2.50
"""
TARIFF = read_tariff(FILE.encode())


def asked(*grams: int, origin: str = "FR", to: str = "DE", postal: str = "75001", **more: Any) -> BookingRequest:
    one = request("HW-SOME-REFERENCE")
    shipper = one.shipper.model_copy(
        update={"address": one.shipper.address.model_copy(update={"country": origin, "postal_code": postal})}
    )
    consignee = one.consignee.model_copy(update={"address": one.consignee.address.model_copy(update={"country": to})})
    said: dict[str, Any] = {
        "service": "EXPRESS",
        "shipper": shipper,
        "consignee": consignee,
        "parcels": tuple(Parcel(weight=Weight(grams=each)) for each in grams),
        "insured_value": None,
        "ship_on": date(2026, 3, 2),
    }
    return one.model_copy(update={**said, **more})


def sums(priced: Priced) -> Mapping[str, str]:
    return {one.type.value: str(one.money.amount) for one in priced.quote.charges}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (asked(500), {"FREIGHT": "9.00", "ENVIRONMENT": "0.25", "FUEL": "1.67"}),
        (asked(501), {"FREIGHT": "11.00", "ENVIRONMENT": "0.25", "FUEL": "2.04"}),
        (asked(2_000), {"FREIGHT": "13.50", "ENVIRONMENT": "0.25", "FUEL": "2.50"}),
        (asked(3_001), {"FREIGHT": "19.50", "ENVIRONMENT": "0.40", "FUEL": "3.61"}),
        (asked(400, 400), {"FREIGHT": "11.00", "ENVIRONMENT": "0.25", "FUEL": "2.04"}),
        (asked(500, ship_on=date(2026, 2, 28)), {"FREIGHT": "9.00", "ENVIRONMENT": "0.25"}),
        (asked(500, ship_on=date(2026, 4, 1)), {"FREIGHT": "9.00", "ENVIRONMENT": "0.25", "FUEL": "1.80"}),
        (
            asked(500, postal="20 137"),
            {"FREIGHT": "9.00", "REMOTE_AREA": "12.00", "ENVIRONMENT": "0.25", "FUEL": "3.89"},
        ),
        (
            asked(500, origin="ES", postal="35001"),
            {"FREIGHT": "9.00", "REMOTE_AREA": "12.00", "ENVIRONMENT": "0.25", "FUEL": "3.89"},
        ),
        (asked(500, origin="ES", postal="36000"), {"FREIGHT": "9.00", "ENVIRONMENT": "0.25", "FUEL": "1.67"}),
        (
            asked(500, 500, ship_on=date(2026, 12, 24)),
            {"FREIGHT": "11.00", "PEAK_DEMAND": "3.00", "ENVIRONMENT": "0.25", "FUEL": "2.80"},
        ),
        (asked(500, ship_on=date(2026, 12, 25)), {"FREIGHT": "9.00", "ENVIRONMENT": "0.25", "FUEL": "1.80"}),
        (asked(700, service="ECONOMY"), {"FREIGHT": "45.00", "ENVIRONMENT": "0.25", "FUEL": "2.25"}),
    ],
)
def test_the_price_of_a_shipment(wanted: BookingRequest, expected: Mapping[str, str]) -> None:
    priced = price(TARIFF, wanted)
    assert sums(priced) == expected
    assert priced.quote.total is not None
    assert priced.quote.total.minor == sum(one.money.minor for one in priced.quote.charges)
    assert all(one.wire_text for one in priced.quote.charges)


def test_the_same_tariff_as_a_table() -> None:
    assert read_tariff(TABLE.encode()) == TARIFF
    assert read_tariff(TABLE.replace(",", "\t").encode()) == TARIFF


def test_a_large_parcel_is_paid_for_by_its_volume() -> None:
    large = Parcel(weight=Weight(grams=500), dimensions=Dimensions(length_mm=1_210, width_mm=100, height_mm=80))
    assert sums(price(TARIFF, asked(1, parcels=(large,)))) == {  # 9,680 cm³ count as 1.936 kg
        "FREIGHT": "13.50",
        "OVERSIZE": "25.00",
        "ENVIRONMENT": "0.25",
        "FUEL": "7.12",
    }


def test_parcels_are_weighed_one_by_one_where_the_tariff_says_so() -> None:
    by_parcel = TARIFF.model_copy(update={"weighed_by": WeighedBy.PARCEL})
    assert sums(price(by_parcel, asked(400, 400)))["FREIGHT"] == "18.00"


def test_cover_is_a_charge_and_what_has_no_price_is_told() -> None:
    value = Money.of("250", "EUR")
    assert sums(price(TARIFF, asked(500, insured_value=value)))["INSURANCE"] == "0.90"  # 200 above what is free
    other = price(TARIFF, asked(500, insured_value=Money.of("250", "USD")))
    assert "INSURANCE" not in sums(other)
    assert other.lacking == ("cover is priced in EUR, the value is in USD",)
    bare = TARIFF.model_copy(update={"insurance": None})
    assert price(bare, asked(500, insured_value=value)).lacking == (
        "cover was asked for, and the tariff has no price for it",
    )


def test_charges_are_rounded_as_the_tariff_rounds() -> None:
    rappen = read_tariff(FILE.replace("volume_divisor: 5000", 'round_to: "0.05"').encode())
    assert sums(price(rappen, asked(500)))["FUEL"] == "1.65"


def test_what_has_no_lane_or_is_too_heavy_has_no_price() -> None:
    with pytest.raises(NoPrice, match="no lane for EXPRESS from FR to CN"):
        price(TARIFF, asked(500, to="CN"))
    with pytest.raises(NoPrice, match=r"no price above 10 kg, it is 10001 g"):
        price(TARIFF, asked(10_001, service="ECONOMY"))


def test_a_fuel_table_that_nobody_keeps_is_told() -> None:
    assert price(TARIFF, asked(500, ship_on=date(2026, 6, 2))).lacking == ()
    late = price(TARIFF, asked(500, ship_on=date(2026, 6, 3)))
    assert late.lacking == ("fuel: the table ends with the row of 2026-04-01",)
    assert sums(late)["FUEL"] == "1.80"
    assert price(TARIFF, asked(500, ship_on=date(2026, 12, 1), service="ECONOMY")).lacking == ()  # one row has no end


def test_tax_and_storage() -> None:
    assert tax_permille(TARIFF, way_of(asked(500, to="FR"))) == 200
    assert tax_permille(TARIFF, way_of(asked(500))) == 0
    assert tax_permille(TARIFF.model_copy(update={"tax": ()}), way_of(asked(500))) is None
    assert [storage_of(TARIFF, days) for days in (0, 3, 5)] == [Money.of(one, "EUR") for one in ("0", "0", "5.00")]
    assert storage_of(TARIFF.model_copy(update={"storage": None}), 5) is None


@given(st.integers(1, 30_000), st.integers(0, 10_000))
def test_a_heavier_shipment_never_costs_less(grams: int, more: int) -> None:
    less, heavier = (price(TARIFF, asked(each)).quote.total for each in (grams, grams + more))
    assert less is not None
    assert heavier is not None
    assert less.minor <= heavier.minor


def test_a_kept_tariff_is_the_one_that_was_read() -> None:
    assert Tariff.model_validate_json(TARIFF.model_dump_json()) == TARIFF


@pytest.mark.parametrize(
    ("was", "now", "place"),
    [
        ("2: 13.50", "0.4: 13.50", "row 8, column 5: freight.1: weights go up"),
        ("1: 11.00", "1: eleven", "row 11, column 28: freight.1.prices.2.price: money is"),
        ("origin: west", "origin: wst", "row 8, column 5: freight.1: 'wst' is no zone"),
        ("FR 20*", "XX 20*", "row 4, column 13: zones.islands.1: not an ISO 3166-1"),
        ("percent: 18.5", "procent: 18.5", "row 22, column 5: fuel.1.percent: is missing"),
        (
            "ES 35000-35999",
            "ES 35000-359",
            "row 4, column 21: zones.islands.2: a range of postcodes has the same length",
        ),
        ("[EXPRESS]", "[EXPRESS", "row 9, column 11: expected"),
        ("free_days: 3", "free_days: some", "row 29, column 22: storage.free_days: Input should be a valid integer"),
        ("volume_divisor: 5000", "currency: USD", "row 6, column 1: it stands there twice"),
    ],
)
def test_what_is_wrong_is_told_by_row_and_column(was: str, now: str, place: str) -> None:
    with pytest.raises(Unreadable) as wrong:
        read_tariff(FILE.replace(was, now, 1).encode())
    assert str(wrong.value).startswith(place)


@pytest.mark.parametrize(
    ("was", "now", "place"),
    [
        ("1,11.00", "1,eleven", "row 6, column price: freight.1.prices.2.price: money is"),
        ("zone,,,,,,,,,,,,west", "zones,,,,,,,,,,,,west", "row 4, column part: no part of a tariff is called 'zones'"),
        ("REMOTE_AREA", "REMOTE", "row 9, column type: surcharges.1.type: Input should be"),
        (",20\n", ",twenty\n", "row 14, column percent: fuel.2.percent: money is"),
        ("ECONOMY,,,10", 'ECONOMY,,,"10', "row 19: unexpected end of data"),
    ],
)
def test_what_is_wrong_in_a_table_is_told_by_row_and_column(was: str, now: str, place: str) -> None:
    with pytest.raises(Unreadable) as wrong:
        read_tariff(TABLE.replace(was, now, 1).encode())
    assert str(wrong.value).startswith(place)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_tariff_or_unreadable(content: bytes) -> None:
    for some in (content, b"part,price\n" + content, FILE.encode()[:200] + content):
        with suppress(Unreadable):  # and nothing else
            assert read_tariff(some).currency


def test_the_files_that_the_page_shows_are_tariffs() -> None:
    page = (ROOT / "docs" / "tariffs.md").read_text("utf-8")
    (shown,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert read_tariff(shown.encode()).storage == TARIFF.storage
    table = "\n".join(
        line.strip() for line in re.findall(r"^    (?:part|tariff|freight|surcharge|fuel),.*$", page, re.MULTILINE)
    )
    assert [len(lane.prices) for lane in read_tariff(table.encode()).freight] == [2]


@pytest.mark.parametrize(
    ("handed_over_on", "days", "promised"),
    [
        (date(2026, 3, 2), 1, "2026-03-03T10:30"),
        (date(2026, 3, 6), 1, "2026-03-09T10:30"),  # Friday, then Monday
        (date(2026, 3, 7), 0, "2026-03-09T10:30"),
        (date(2026, 3, 2), 7, "2026-03-11T10:30"),
    ],
)
def test_a_guarantee_counts_working_days(handed_over_on: date, days: int, promised: str) -> None:
    said = f"guarantees: [{{destination: [DE], days: {days}, by: '18:30', zone: Asia/Shanghai}}]\n"
    tariff = read_tariff((FILE + said).encode())
    at = promised_at(tariff, way_of(asked(500)), handed_over_on)
    assert at is not None
    assert at.isoformat().startswith(promised)
    assert promised_at(tariff, way_of(asked(500, to="CN")), handed_over_on) is None
    with pytest.raises(Unreadable, match=r"guarantees\.1: zone is an IANA time zone"):
        read_tariff((FILE + said.replace("Asia/Shanghai", "Shanghai")).encode())
