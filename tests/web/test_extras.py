"""What only one carrier takes reaches its request: of a channel, and the day of collection of one booking."""

from datetime import date
from typing import Any

import pytest

from adapters.carriers.correios_br.mapping import Credentials
from adapters.carriers.correios_br.mapping_booking import build_booking
from gateway.journeys import planning
from schemas.shipments import BookingRequest
from tests.web.doors import ITEM, ON_BOTH, House, a_return

pytestmark = ON_BOTH
KEYS = {"user": "u", "password": "p", "administrative_code": "1", "posting_card": "0123456789"}
AT_SAO_PAULO: dict[str, Any] = {
    "name": "Ana",
    "address": {
        "lines": ["Rua das Flores, 10"],
        "city": "São Paulo",
        "region": "SP",
        "postal_code": "01310-100",
        "country": "BR",
    },
    "phone": "+55 11 3333 4444",
}
SAID = a_return(items=[ITEM | {"unit_price": None}], returner=AT_SAO_PAULO)


async def channel(house: House, status: int = 201, **extras: Any) -> dict[str, Any]:
    """The house's one channel is at Correios from now on."""
    account = await house.mine.post("/v1/accounts", {"carrier": "correios_br", "name": "c", "credentials": KEYS}, 201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.channels.set(house.channel_id, enabled=False)
    said = {"account_id": account["id"], "name": "São Paulo", "service": "04677", "consignee": AT_SAO_PAULO}
    made: dict[str, Any] = await house.mine.post(
        "/v1/channels", {**said, "zone": "America/Sao_Paulo", "insure": False, "extras": extras}, status
    )
    return made


async def asked(house: House, shipment_id: str) -> tuple[BookingRequest, str | None, str]:
    """What is kept, the wish and the kind that Correios is told."""
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        request = (await tx.shipments.get(shipment_id)).request
    (order,) = build_booking(request, Credentials.model_validate(KEYS))["coletas_solicitadas"]
    return request, order["ag"], order["tipo"]


async def test_a_channels_extras_are_in_every_request(house: House) -> None:
    made = await channel(house, validity_days=30)
    assert made["extras"] == {"validity_days": 30}
    booking = await house.mine.post("/v1/bookings", SAID, 202)
    request, wish, _ = await asked(house, booking["id"])
    assert (request.extras, wish) == ({"validity_days": 30}, "30")


@pytest.mark.parametrize(
    ("extras", "pointer"),
    [
        ({"validity_days": 3}, "/extras/validity_days"),
        ({"valid_days": 30}, "/extras/valid_days"),
        ({"collect_on": "2026-03-20"}, "/extras/collect_on"),
    ],
)
async def test_what_its_carrier_does_not_take_is_refused(house: House, extras: dict[str, Any], pointer: str) -> None:
    wrong = await channel(house, 422, **extras)
    assert [one["pointer"] for one in wrong["errors"]] == [pointer]


async def test_a_carrier_without_extras_takes_none(house: House) -> None:
    (known,) = (await house.mine.get("/v1/channels"))["data"]
    said = {name: known[name] for name in ("account_id", "service", "consignee", "zone")} | {"name": "n"}
    wrong = await house.mine.post("/v1/channels", {**said, "extras": {"validity_days": 30}}, 422)
    assert wrong["errors"][0]["pointer"] == "/extras"
    assert (await house.mine.post("/v1/bookings", a_return(collect_on="2026-03-20"), 422))["errors"][0][
        "pointer"
    ] == "/collect_on"


async def test_a_booking_is_collected_on_its_day(house: House) -> None:
    await channel(house, or_counter=True)
    booking = await house.mine.post("/v1/bookings", {**SAID, "collect_on": "2026-03-20"}, 202)
    request, wish, kind = await asked(house, booking["id"])
    assert (request.extras, wish, kind) == ({"or_counter": True, "collect_on": "2026-03-20"}, "20/03/2026", "CA")
    again = {"return_id": booking["return_id"], "collect_on": "2026-03-23"}
    assert (await house.mine.post("/v1/bookings", again, 202))["id"] == booking["id"]
    assert (await asked(house, booking["id"]))[1] == "23/03/2026"
    async with house.gw.store.transaction(
        house.mine.exporter_id
    ) as tx:  # the platform says the return anew: the day stays
        row = await tx.returns.get(booking["return_id"], lock=True)
        await planning.plan(tx, await tx.sources.get(row.source_id), row)
    assert (await asked(house, booking["id"]))[0].extras["collect_on"] == date(2026, 3, 23).isoformat()
