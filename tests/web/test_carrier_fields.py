"""A carrier that books nothing without a field is not asked while it is empty: a task, a refusal, the dry run; no call."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.journeys import booking, intake
from gateway.store import tables
from gateway.store.work import Job
from schemas.returns import ReturnStatus
from schemas.shipments import ShipmentState
from schemas.values import Party
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, RETURNER, START, WAREHOUSE, House, a_return

NO_PHONE = {name: value for name, value in RETURNER.items() if name != "phone"}


@pytest.fixture
async def dhl(house: House) -> House:
    """Its one channel goes with a carrier that needs a phone of both sides."""
    credentials = {"username": "u", "password": "p", "account_number": "961234567"}
    account = {"carrier": "dhl_express", "name": "dhl", "credentials": credentials}
    made = await house.mine.post("/v1/accounts", account, 201)
    channel = {
        "account_id": made["id"],
        "name": "Air",
        "service": "P",
        "consignee": WAREHOUSE.model_dump(mode="json", exclude_none=True),
        "zone": "Asia/Shanghai",
    }
    await house.mine.post("/v1/channels", channel, 201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.channels.set(house.channel_id, enabled=False)
    return house


async def attempts(house: House) -> int:
    async with house.gw.store.front_desk() as connection:
        return (await connection.execute(select(func.count()).select_from(tables.attempts))).scalar() or 0


async def test_the_dry_run_names_the_field_the_rule_and_the_source(dhl: House) -> None:
    said = await dhl.mine.post("/v1/returns:validate", a_return(returner=NO_PHONE))
    assert (said["bookable"], said["price"]["code"]) == (False, "missing")
    [lack] = said["missing"]
    assert (lack["code"], lack["detail"]) == ("carrier_data_missing", "dhl_express needs: returner_phone")
    [field] = lack["fields"]
    assert (field["rule"], field["where"].split(".")[-1]) == ("dhl_express.returner_phone", "phone")
    assert "MyDHL" in field["source"]
    carried = {one["fact"]: one["carries"] for one in said["customs_fields"]}
    assert (carried["export_mrn"], carried["supervision"]) == ("if_known", "not_carried")


async def test_it_becomes_a_task_and_goes_once_the_field_is_there(dhl: House) -> None:
    made = await dhl.mine.post("/v1/returns", a_return(returner=NO_PHONE), 201)
    assert (made["shipments"], made["review"]) == ([], "carrier_data_missing")
    tasks = (await dhl.mine.get("/v1/tasks"))["data"]
    assert [(one["kind"], one["detail"]) for one in tasks] == [
        ("carrier_data_missing", "dhl_express needs: returner_phone")
    ]


@pytest.mark.parametrize(("language", "words"), [("en", "Nothing was sent"), ("zh", "未向承运商发送任何请求")])
async def test_a_booking_is_refused_in_the_callers_language(dhl: House, language: str, words: str) -> None:
    body = a_return(returner=NO_PHONE)
    said = await dhl.mine.post("/v1/bookings", body, 422, headers={"Accept-Language": language})
    [error] = said["errors"]
    assert error["code"] == "carrier_data_missing"
    assert words in error["detail"]
    assert "returner_phone" in error["detail"]


@ON_BOTH
async def test_what_was_planned_without_the_field_never_reaches_the_carrier(dhl: House) -> None:
    made = await dhl.mine.post("/v1/returns", a_return(), 201)
    shipment_id = made["shipments"][0]["id"]
    async with dhl.gw.store.transaction(dhl.mine.exporter_id) as tx:
        request = (await tx.shipments.get(shipment_id)).request
        bare = request.model_copy(update={"shipper": request.shipper.model_copy(update={"phone": None})})
        await tx.shipments.set(shipment_id, request=bare)
    await booking.book_shipment(dhl.gw, await due(dhl))
    async with dhl.gw.store.transaction(dhl.mine.exporter_id) as tx:
        shipment = await tx.shipments.get(shipment_id)
        assert (shipment.state, shipment.reason) == (ShipmentState.ACTION_REQUIRED, "carrier_data_missing")
        assert [one.kind for one in await tx.tasks.of_return(made["id"])] == ["carrier_data_missing"]
    assert await attempts(dhl) == 0
    # asked for again, it is planned from what is known of the return by now, and the question is done
    again: Any = await dhl.mine.post("/v1/bookings", {"return_id": made["id"]}, 202)
    assert again["state"] == "pending"
    async with dhl.gw.store.transaction(dhl.mine.exporter_id) as tx:
        assert (await tx.shipments.get(shipment_id)).request.shipper.phone == RETURNER["phone"]
        assert all(one.done_at for one in await tx.tasks.of_return(made["id"]))


async def amend(house: House, return_id: str, hour: int, returner: dict[str, Any], **changed: Any) -> None:
    """The platform's newer version of a return."""
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        row = await tx.returns.get(return_id)
        version = {
            "version_at": START + timedelta(hours=hour),
            "returner": Party.model_validate_json(json.dumps(returner)),
            **changed,
        }
        await intake.apply(
            tx, await tx.sources.get(row.source_id), row.authorization.model_copy(update=version), tx.now
        )


@ON_BOTH
async def test_what_was_planned_does_not_go_with_old_data_once_an_amendment_lacks_a_field(dhl: House) -> None:
    """The carrier is not asked for what the platform no longer says; with the field it goes by itself, as it is now."""
    made = await dhl.mine.post("/v1/returns", a_return(), 201)
    [shipment] = made["shipments"]
    async with dhl.gw.store.transaction(dhl.mine.exporter_id) as tx:
        reference = (await tx.shipments.get(shipment["id"])).request.client_ref
    await amend(dhl, made["id"], 1, {**NO_PHONE, "name": "Ana Maria"})
    for job in await dhl.gw.store.due("book"):
        await booking.book_shipment(dhl.gw, job)
    assert await attempts(dhl) == 0
    waits = await dhl.mine.get(f"/v1/bookings/{shipment['id']}")
    assert (waits["state"], waits["reason"]) == ("refused", "carrier_data_missing")
    assert [one["kind"] for one in (await dhl.mine.get("/v1/tasks"))["data"]] == ["carrier_data_missing"]
    said = await dhl.mine.post("/v1/bookings", {"return_id": made["id"]}, 409)
    assert said["state"] == "carrier_data_missing"
    assert await dhl.gw.store.due("book") == []

    await amend(dhl, made["id"], 2, {**RETURNER, "name": "Ana Maria"})
    shown = await dhl.mine.get(f"/v1/returns/{made['id']}")
    assert ([one["id"] for one in shown["shipments"]], shown["review"]) == ([shipment["id"]], None)
    assert (await dhl.mine.get("/v1/tasks"))["data"] == []
    assert (await due(dhl)).id == shipment["id"]
    async with dhl.gw.store.transaction(dhl.mine.exporter_id) as tx:
        planned = await tx.shipments.get(shipment["id"])
    assert (planned.state, planned.reason) == (ShipmentState.REQUESTED, None)
    assert (planned.request.shipper.name, planned.request.shipper.phone) == ("Ana Maria", RETURNER["phone"])
    assert planned.request.client_ref == reference


@ON_BOTH
async def test_what_waits_for_a_field_is_stopped_with_its_return(dhl: House) -> None:
    made = await dhl.mine.post("/v1/returns", a_return(), 201)
    await amend(dhl, made["id"], 1, NO_PHONE)
    await amend(dhl, made["id"], 2, NO_PHONE, status=ReturnStatus.CANCELLED)
    await booking.book_shipment(dhl.gw, await due(dhl))
    shown = await dhl.mine.get(f"/v1/returns/{made['id']}")
    assert [one["state"] for one in shown["shipments"]] == ["cancelled"]
    assert await attempts(dhl) == 0


@ON_BOTH
async def test_a_return_that_goes_by_another_carrier_now_is_planned_as_its(dhl: House) -> None:
    """Its row names the carrier that is asked, and not the one that it was planned for first."""
    made = await dhl.mine.post("/v1/returns", a_return(), 201)
    async with dhl.gw.store.transaction(dhl.mine.exporter_id) as tx:
        for channel in await tx.channels.listed():
            await tx.channels.set(channel.id, enabled=channel.id == dhl.channel_id)
    await amend(dhl, made["id"], 1, NO_PHONE)
    async with dhl.gw.store.transaction(dhl.mine.exporter_id) as tx:
        [shipment] = await tx.shipments.of_return(made["id"])
    assert (shipment.account_id, shipment.carrier) == (dhl.account_id, "sandbox_rest")


async def due(house: House) -> Job:
    [job] = await house.gw.store.due("book")
    return job


async def test_the_console_says_it_in_both_languages(dhl: House, inside: Browser) -> None:
    made = await dhl.mine.post("/v1/returns", a_return(returner=NO_PHONE), 201)
    english = await (await inside.get(f"/console/returns/{made['id']}?lang=en")).text()
    assert "dhl_express needs: The returner" in english
    chinese = await (await inside.get(f"/console/returns/{made['id']}?lang=zh")).text()
    assert "dhl_express 需要：退货人电话" in chinese
