"""A customs case through the doors, on both stores: weighed, confirmed by a person, its clock run, booked only when whole."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.journeys import following, planning, tracking, voiding
from schemas.returns import ReturnStatus
from schemas.tracking import TrackingEvent, TrackingStatus, ZoneSource
from schemas.values import Waybill
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, House, a_return

pytestmark = ON_BOTH
FACTS: dict[str, Any] = {
    "supervision": "9610",
    "declaration_number": "310120260000000001",
    "declared_on": "2026-01-10",
    "exported_on": "2026-01-12",
    "why": "returned",
    "state": "unchanged",
    "refund": "never",
    "food": False,
}
RELIEF = {"regime": "cn_2026_16"}


async def waiting(house: House) -> str:
    """A return that waits for its address, so that nothing is planned before the case is opened."""
    body = a_return(outbound_waybill="OUT-1")
    del body["returner"]
    return str((await house.mine.post("/v1/returns", body, 201))["id"])


async def opened(house: House, **changed: Any) -> tuple[str, dict[str, Any]]:
    return_id = await waiting(house)
    said = await house.mine.post(f"/v1/returns/{return_id}/customs", {"facts": {**FACTS, **changed}})
    await house.mine.post(f"/v1/returns/{return_id}/address", {"returner": a_return()["returner"]})
    return return_id, said


async def test_nothing_said_is_nothing_known(house: House) -> None:
    said = await house.mine.get(f"/v1/returns/{await waiting(house)}/customs")
    assert (said["home"], said["regime"], said["waybills"]) == ("CN", None, ["OUT-1"])
    assert {one["regime"]: one["verdict"] for one in said["candidates"]} == {"cn_2026_16": "open", "cn_quality": "open"}
    assert said["candidates"][0]["source_on"] == "2026-02-06"


async def test_an_open_case_is_confirmed_before_anything_is_booked(house: House) -> None:
    return_id, said = await opened(house)
    assert {one["regime"]: one["verdict"] for one in said["candidates"]} == {
        "cn_2026_16": "possible",
        "cn_quality": "excluded",
    }
    before = await house.mine.get(f"/v1/returns/{return_id}")
    assert (before["shipments"], before["review"]) == ([], "customs_unconfirmed")
    assert [one["kind"] for one in before["tasks"]] == ["customs_unconfirmed"]
    await house.mine.post(f"/v1/returns/{return_id}/customs/confirm", {"regime": "eu_ucc_203"}, 404)
    refused = await house.mine.post(f"/v1/returns/{return_id}/customs/confirm", {"regime": "cn_quality"}, 409)
    assert refused["state"] == "excluded"
    done = await house.mine.post(f"/v1/returns/{return_id}/customs/confirm", RELIEF)
    assert done["regime"] == "cn_2026_16"
    assert done["confirmed_by"].startswith("exporter:")
    clock = done["deadline"]
    # 12 January and six months: to the end of 12 July in Shanghai
    assert (clock["due_at"], clock["zone"], clock["state"]) == ("2026-07-12T16:00:00Z", "Asia/Shanghai", "running")
    assert "no. 16" in clock["because"]
    assert clock["seconds_left"] > 130 * 86_400
    after = await house.mine.get(f"/v1/returns/{return_id}")
    assert (after["review"], len(after["shipments"]), after["tasks"]) == (None, 1, [])
    kinds = [one["kind"] for one in (await house.mine.get(f"/v1/returns/{return_id}/timeline"))["moments"]]
    assert [kind for kind in kinds if "customs" in kind] == [
        "customs.described",
        "customs.confirmed",
        "deadline.started.customs",
    ]
    dry = await house.mine.post("/v1/returns:validate", {"return_id": return_id})
    assert {one["clock"]: one["starts"] for one in dry["deadlines"]}["customs"] == "export"


async def test_a_fact_that_the_relief_needs_is_asked_for_before_booking(house: House) -> None:
    return_id, said = await opened(house, declaration_number=None)
    assert next(one for one in said["candidates"] if one["regime"] == "cn_2026_16")["needs"] == ["declaration_number"]
    await house.mine.post(f"/v1/returns/{return_id}/customs/confirm", RELIEF)
    missing = await house.mine.get(f"/v1/returns/{return_id}")
    assert (missing["shipments"], missing["review"]) == ([], "customs_data_missing")
    dry = await house.mine.post("/v1/returns:validate", {"return_id": return_id})
    assert dry["missing"] == [
        {"code": "customs_data_missing", "detail": "cn_2026_16 needs: declaration_number", "fields": []}
    ]


async def test_a_new_fact_takes_the_confirmation_back_and_ends_its_clock(house: House) -> None:
    return_id, _ = await opened(house)
    path = f"/v1/returns/{return_id}/customs"
    await house.mine.post(f"{path}/confirm", RELIEF)
    changed = await house.mine.post(path, {"facts": FACTS | {"refund": "unknown"}})
    assert (changed["regime"], changed["deadline"]["state"]) == (None, "cancelled")
    refused = await house.mine.post(f"{path}/confirm", RELIEF, 409)
    assert refused["state"] == "open"
    await house.mine.post(path, {"facts": FACTS | {"exported_on": "2026-01-31"}})
    again = await house.mine.post(f"{path}/confirm", RELIEF)
    assert (again["deadline"]["state"], again["deadline"]["due_at"]) == ("running", "2026-07-31T16:00:00Z")


async def test_goods_that_are_home_end_the_clock_and_keep_the_confirmation(house: House) -> None:
    return_id, _ = await opened(house)
    path = f"/v1/returns/{return_id}/customs"
    await house.mine.post(f"{path}/confirm", RELIEF)
    done = await house.mine.post(path, {"facts": FACTS | {"reimported_on": "2026-02-20"}})
    assert (done["regime"], done["deadline"]["state"]) == ("cn_2026_16", "met")


async def test_the_day_of_the_re_import_goes_before_a_later_delivery(house: House) -> None:
    """Home on 10 July, at the warehouse on 20 July: the six months ended on the 12th."""
    return_id, _ = await opened(house)
    path = f"/v1/returns/{return_id}/customs"
    await house.mine.post(f"{path}/confirm", RELIEF)
    house.clock.forward(timedelta(days=150))
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        (shipment,) = await tx.shipments.of_return(return_id)
        await tx.shipments.set(shipment.id, state="booked", waybill="SBX1", booked_at=tx.now, due_at=None)
        scan = TrackingEvent(
            waybill=Waybill("SBX1"),
            status=TrackingStatus.DELIVERED,
            occurred_at=datetime(2026, 7, 20, 3, tzinfo=UTC),
            zone=ZoneSource.STATED,
            wire_code="DLV",
        )
        await tracking.record(house.gw, tx, shipment.id, [scan], "poll")
    late = (await house.mine.get(path))["deadline"]
    assert (late["state"], late["settled_at"]) == ("met", "2026-07-20T03:00:00Z")
    true = (await house.mine.post(path, {"facts": FACTS | {"reimported_on": "2026-07-10"}}))["deadline"]
    assert (true["state"], true["settled_at"]) == ("met", "2026-07-09T16:00:00Z")


async def test_one_warning_of_the_period_is_for_working_hours(house: House) -> None:
    """The shares fall on a Sunday's noon and on two nights; 12 July is a Sunday too: Friday morning is the last call."""
    return_id, _ = await opened(house)
    await house.mine.post(f"/v1/returns/{return_id}/customs/confirm", RELIEF)
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        row = await tx.deadlines.of_clock("customs", return_id)
    warned = {stage.name: stage.at for stage in row.terms.stages}
    assert warned["warn-work"] == datetime(2026, 7, 10, 1, tzinfo=UTC)


async def test_usual_working_hours_know_the_holidays_of_the_exporters_country(house: House) -> None:
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        (channel,) = await tx.channels.listed()
    assert (channel.limits.working_hours.zone, channel.limits.working_hours.calendar) == ("Asia/Shanghai", "CN")


async def test_papers_of_the_case_tick_the_list_and_a_bad_mrn_is_named(house: House) -> None:
    return_id = await waiting(house)
    answer = await house.mine.ask("POST", "/v1/documents", data=b"%PDF-1.7\n")
    paper = {"kind": "export_declaration", "document_id": (await answer.json())["document_id"]}
    path = f"/v1/returns/{return_id}/customs"
    said = await house.mine.post(path, {"facts": FACTS, "papers": [paper]})
    needed = {one["kind"]: one["there"] for one in said["candidates"][0]["papers"]}
    assert (needed["export_declaration"], needed["tax_certificate"]) == (True, False)
    bad = await house.mine.post(path, {"facts": FACTS | {"export_mrn": "26DE1"}}, 422)
    assert [(one["pointer"], one["code"]) for one in bad["errors"]] == [("/facts/export_mrn", "format")]
    await (await house.key("returns")).post(f"{path}/confirm", RELIEF, 403)


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("China: cross-border e-commerce returns", "inside the period", "possible", "Tax certificate")),
    ("zh", ("中国：跨境电商出口退运", "在期限内", "可能适用", "税务证明")),
])  # fmt: skip
async def test_the_console_weighs_and_a_person_confirms(
    house: House, inside: Browser, language: str, words: tuple[str, ...]
) -> None:
    return_id = await waiting(house)
    page = f"/console/returns/{return_id}/customs"
    token = await inside.token(page)
    form = {name: str(value) for name, value in FACTS.items() if name != "food"} | {"food": "no", "csrf": token}
    assert (await inside.post(page, form | {"export_mrn": "x"})).status == 422
    assert (await inside.post(page, form | {"csrf": ""})).status == 403
    assert (await inside.post(page, form)).status == 303
    shown = await (await inside.get(f"{page}?lang={language}")).text()
    assert all(word in shown for word in words)
    assert (await inside.post(f"{page}/confirm", {"csrf": token, "regime": "cn_quality"})).status == 409
    assert (await inside.post(f"{page}/confirm", {"csrf": token, **RELIEF})).status == 303
    assert (await house.mine.get(f"/v1/returns/{return_id}/customs"))["regime"] == "cn_2026_16"
    assert page in await (await inside.get(f"/console/returns/{return_id}")).text()


async def test_the_period_outlives_a_voided_shipment_and_ends_with_the_return(house: House) -> None:
    """What was voided may be booked again, and the six months run on meanwhile; only a return that is stopped has none."""
    return_id, _ = await opened(house)
    path = f"/v1/returns/{return_id}/customs"
    await house.mine.post(f"{path}/confirm", RELIEF)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        (shipment,) = await tx.shipments.of_return(return_id)
        await following.start_hand_over(tx, shipment, None)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await voiding.cancelled(tx, await tx.shipments.get(shipment.id))
    case = await house.mine.get(f"/v1/returns/{return_id}")
    assert {one["clock"]: one["state"] for one in case["deadlines"]} == {"customs": "running", "hand_over": "cancelled"}
    await house.mine.post(f"/v1/returns/{return_id}/cancel", {}, 202)
    assert (await house.mine.get(path))["deadline"]["state"] == "cancelled"
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        row = await tx.returns.get(return_id)
        again = row.authorization.model_copy(update={"status": ReturnStatus.APPROVED})
        await planning.amend_return(tx, await tx.sources.get(row.source_id), row, again)
    after = (await house.mine.get(path))["deadline"]
    assert (after["state"], after["due_at"]) == ("running", "2026-07-12T16:00:00Z"), "wanted again, its period runs"


async def test_a_shipment_that_may_still_come_home_keeps_the_period_of_a_stopped_return(house: House) -> None:
    return_id, _ = await opened(house)
    path = f"/v1/returns/{return_id}/customs"
    await house.mine.post(f"{path}/confirm", RELIEF)
    await house.mine.post(f"/v1/returns/{return_id}/cancel", {}, 202)
    assert (await house.mine.get(path))["deadline"]["state"] == "running", "nobody has stopped the shipment yet"
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        (shipment,) = await tx.shipments.of_return(return_id)
        await voiding.cancelled(tx, shipment)
    assert (await house.mine.get(path))["deadline"]["state"] == "cancelled"
