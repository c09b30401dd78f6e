"""The dry run, on both stores and with a carrier that is there: it says what would come, and leaves nothing."""

from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.journeys import dry_run, settling_in
from gateway.store import tables
from schemas.acceptance import Clock, DeadlinePolicy, LimitUnit, PolicySource, PriceBand
from schemas.charges import ChargeType
from schemas.limits import ChannelLimits
from schemas.returns import LabelProvider, ReturnAuthorization, ReturnItem, ReturnStatus
from schemas.values import Money, Party, Weight
from tests.house.settled import Settled
from tests.sandbox.bench import party
from tests.web.doors import ITEM, ON_BOTH, RETURNER, WAREHOUSE, House, a_return

pytestmark = ON_BOTH
ASK = "/v1/returns:validate"


async def rows(house: House) -> dict[str, int]:
    async with house.gw.store.front_desk() as connection:
        return {
            name: (await connection.execute(select(func.count()).select_from(table))).scalar() or 0
            for name, table in tables.metadata.tables.items()
        }


async def test_it_says_the_way_the_limits_and_what_was_assumed_and_writes_nothing(house: House) -> None:
    before = await rows(house)
    item = {name: value for name, value in ITEM.items() if name not in ("unit_weight", "hs_code")}
    said = await house.mine.post(ASK, a_return(items=[item | {"quantity": 2}]))
    assert await rows(house) == before
    assert (said["bookable"], said["missing"]) == (True, [])
    way = said["way"]
    assert (way["channel_id"], way["why"], way["carrier"], way["service"]) == (
        house.channel_id,
        "chosen",
        "sandbox_rest",
        "RETURN",
    )
    assert (way["customs_value"]["amount"], way["insured_value"]["amount"]) == ("159.80", "159.80")
    assert way["weight"] == {"grams": 2000}
    assert [one["code"] for one in said["assumed"]] == ["weight", "origin", "hs_code"]
    clocks = {one["clock"]: one for one in said["deadlines"]}
    assert {name: one["starts"] for name, one in clocks.items()} == {"hand_over": "booking", "acceptance": "delivery"}
    assert clocks["hand_over"]["zone"] == "Europe/Paris", "the returner hands it in, by his own days"
    acceptance = clocks["acceptance"]  # five business days from Monday 17:30 in Shanghai end with the next Monday there
    assert (acceptance["due_at"], acceptance["zone"]) == ("2026-03-09T16:00:00Z", "Asia/Shanghai")
    assert acceptance["seconds_left"] == 7 * 86_400 + int(6.5 * 3600)
    assert acceptance["because"]


@pytest.mark.parametrize(("price", "due_at"), [("50.00", "2026-03-04T16:00:00Z"), ("50.01", "2026-03-11T16:00:00Z")])
async def test_a_limit_for_a_price_band_is_told_for_the_goods_own_price(house: House, price: str, due_at: str) -> None:
    """As the clock itself chooses it when the goods arrive."""
    terms = {"clock": Clock.ACCEPTANCE, "unit": LimitUnit.CALENDAR_DAYS, "source": PolicySource.CONTRACT}
    edge = Money.of("50.00", "EUR")
    bands = (
        DeadlinePolicy(amount=2, price_band=PriceBand(up_to=edge), **terms),
        DeadlinePolicy(amount=9, price_band=PriceBand(over=edge), **terms),
    )
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.channels.set(house.channel_id, limits=ChannelLimits(policies=bands))
    said = await house.mine.post(ASK, a_return(items=[ITEM | {"unit_price": {"amount": price, "currency": "EUR"}}]))
    assert {one["clock"]: one["due_at"] for one in said["deadlines"]}["acceptance"] == due_at


async def test_without_an_answer_of_the_carrier_the_price_is_not_available_and_says_why(house: House) -> None:
    said = await house.mine.post(ASK, a_return())  # nobody listens at the account's address
    assert said["bookable"] is True
    assert said["price"]["available"] is False
    assert "no answer: Unavailable" in said["price"]["because"]
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.accounts.set(house.account_id, paused="the carrier rejects the credentials")
    paused = await house.mine.post(ASK, a_return())
    assert (paused["price"]["code"], paused["price"]["because"]) == ("paused", "the account is paused")


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"returner": None}, ["needs_address"]),
        ({"items": [{name: value for name, value in ITEM.items() if name != "unit_price"}]}, ["customs_data_missing"]),
        ({"label_provider": "platform"}, ["not_booked_by_us"]),
        ({"returner": None, "label_provider": "returner"}, ["not_booked_by_us", "needs_address"]),
    ],
)
async def test_everything_that_is_missing_is_named(house: House, changed: dict[str, Any], missing: list[str]) -> None:
    said = await house.mine.post(ASK, a_return(**changed))
    assert (said["bookable"], [one["code"] for one in said["missing"]]) == (False, missing)


async def test_a_known_return_is_tried_as_it_stands(house: House) -> None:
    body = a_return()
    del body["returner"]
    made = await house.mine.post("/v1/returns", body, 201)
    before = await rows(house)
    said = await house.mine.post(ASK, {"return_id": made["id"]})
    assert [one["code"] for one in said["missing"]] == ["needs_address"]
    await house.theirs.post(ASK, {"return_id": made["id"]}, 404)
    assert await rows(house) == before


async def test_while_an_account_is_paused_its_named_fallback_takes_over_and_it_is_said(house: House) -> None:
    credentials = {"client_id": "c", "client_secret": "s"}
    account = {"carrier": "sandbox_rest", "name": "second", "credentials": credentials}
    second = await house.mine.post("/v1/accounts", account, 201)
    channel = {
        "account_id": second["id"],
        "name": "Second desk",
        "service": "RETURN",
        "consignee": RETURNER,
        "zone": "Europe/Paris",
        "rank": 7,
    }
    fallback = await house.mine.post("/v1/channels", channel, 201)
    first = {**channel, "account_id": house.account_id, "name": "First", "rank": 0, "fallbacks": [fallback["id"]]}
    await house.theirs.post("/v1/channels", {**first, "account_id": second["id"]}, 404)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.channels.set(house.channel_id, enabled=False)
    named = await house.mine.post("/v1/channels", first, 201)
    assert named["fallbacks"] == [fallback["id"]]
    assert (await house.mine.post(ASK, a_return()))["way"]["channel_id"] == named["id"]
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.accounts.set(house.account_id, paused="the carrier rejects the credentials")
    said = await house.mine.post(ASK, a_return())
    assert (said["way"]["channel_id"], said["way"]["why"]) == (fallback["id"], "fallback")
    assert {one["name"]: one["why"] for one in said["considered"]} == {
        "Ningbo": "off",
        "First": "paused",
        "Second desk": "fallback",
    }
    made = await house.mine.post("/v1/returns", a_return(), 201)  # planning takes the same way
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        shipment = await tx.shipments.get(made["shipments"][0]["id"])
        assert shipment.channel_id == fallback["id"]
        await tx.accounts.set(house.account_id, doubted_until=tx.now)  # restored: booked there already, perhaps
    assert (await house.mine.post(ASK, a_return()))["way"]["why"] == "chosen"


async def test_the_price_is_the_carriers_own_with_its_insurance_apart(settled: Settled) -> None:
    authorization = ReturnAuthorization(
        rma_id="R-1",
        status=ReturnStatus.APPROVED,
        label_provider=LabelProvider.MERCHANT,
        returner=Party.model_validate(party("FR").model_dump()),
        items=(
            ReturnItem(line_id="1", quantity=1, unit_price=Money.of("79.90", "EUR"), unit_weight=Weight(grams=900)),
        ),
    )
    async with settled.gateway.store.transaction(settled.exporter) as tx:
        await settling_in.add_channel(tx, settled.account, "later", "RETURN", WAREHOUSE, zone="Asia/Shanghai", rank=9)
    found = await dry_run.of_hypothesis(settled.gateway, settled.exporter, authorization)
    assert found.request is not None
    if settled.carrier == "soap":
        assert (found.quotes, found.no_price) == ((), "not_given")
        return
    assert found.no_price is None
    (quote,) = found.quotes
    assert quote.total is not None
    types = {charge.type for charge in quote.charges}
    assert ChargeType.INSURANCE in types
    assert sum(charge.money.minor for charge in quote.charges) == quote.total.minor
