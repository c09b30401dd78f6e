"""Running limits through the doors, on both stores: stopped with proof, going on, prolonged, a claim filed; and shown."""

from datetime import date, timedelta
from typing import Any

import pytest

from gateway.journeys import following, tracking
from gateway.web.console import texts_en, texts_zh
from schemas.tracking import TrackingEvent, TrackingStatus, ZoneSource
from schemas.values import Waybill
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, House, a_return

pytestmark = ON_BOTH
DAY = timedelta(days=1)


async def scanned(house: House, *statuses: TrackingStatus) -> tuple[str, str]:
    """A return whose carrier has told these scans, an hour apart, just now; its id and its shipment's."""
    made = await house.mine.post("/v1/returns", a_return(), 201)
    (shipment,) = made["shipments"]
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.shipments.set(shipment["id"], state="booked", waybill="SBX1", booked_at=tx.now, due_at=None)
        first = tx.now - timedelta(hours=len(statuses))
        events = [
            TrackingEvent(
                waybill=Waybill("SBX1"),
                status=status,
                occurred_at=first + timedelta(hours=number),
                zone=ZoneSource.STATED,
                wire_code=status,
            )
            for number, status in enumerate(statuses)
        ]
        await tracking.record(house.gw, tx, shipment["id"], events, "poll")
    return made["id"], shipment["id"]


async def limits_of(house: House, return_id: str) -> dict[str, Any]:
    case = await house.mine.get(f"/v1/returns/{return_id}")
    return {" ".join(filter(None, (one["clock"], one["about"]))): one for one in case["deadlines"]}


async def test_a_parcel_at_a_collection_point_has_five_more_words_about_time(house: House) -> None:
    return_id, shipment_id = await scanned(house, TrackingStatus.IN_TRANSIT, TrackingStatus.READY_TO_COLLECT)
    limits = await limits_of(house, return_id)
    assert {name: one["state"] for name, one in limits.items()} == {"hold": "running", "claim loss": "running"}
    hold = limits["hold"]
    assert (hold["zone"], hold["source"], hold["because"]) == (
        "Asia/Shanghai",
        "carrier_table",
        "the sandbox's own rule",
    )
    assert 0 < hold["seconds_left"] <= 8 * 86_400
    assert limits["claim loss"]["start_inferred"], "nobody scanned the hand-over"
    booking = await house.mine.get(f"/v1/bookings/{shipment_id}")
    assert {one["id"] for one in booking["deadlines"]} == {one["id"] for one in limits.values()}
    (listed,) = (await house.mine.get("/v1/returns"))["data"]
    assert listed["next_deadline"]["id"] == hold["id"]


async def test_what_a_channel_agreed_goes_before_what_its_carrier_prints(house: House) -> None:
    """The sandbox prints eight days. Whoever states a limit of his channel need not say that he agreed it."""
    (known,) = (await house.mine.get("/v1/channels"))["data"]
    said = {name: known[name] for name in ("account_id", "service", "consignee", "zone")}
    hold = {"clock": "hold", "amount": 3, "unit": "calendar_days", "because": "contract 4.3"}
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.channels.set(house.channel_id, enabled=False)
    await house.mine.post("/v1/channels", {**said, "name": "Agreed", "limits": {"policies": [hold]}}, 201)
    return_id, _ = await scanned(house, TrackingStatus.IN_TRANSIT, TrackingStatus.READY_TO_COLLECT)
    limit = (await limits_of(house, return_id))["hold"]
    assert (limit["source"], limit["because"]) == ("contract", "contract 4.3")
    assert limit["seconds_left"] <= 4 * 86_400


async def test_what_destroys_something_needs_written_words(house: House) -> None:
    (known,) = (await house.mine.get("/v1/channels"))["data"]
    said = {name: known[name] for name in ("account_id", "service", "consignee", "zone")} | {"name": "Burnt"}
    limit = {"clock": "acceptance", "amount": 5, "unit": "calendar_days", "on_expiry": "dispose", "grace": "P1D"}
    word = {"by": "Li Na", "on": "2026-01-05", "words": "not worth the freight"}
    for wrong in ({**word, "by": ""}, {**word, "words": ""}, {"by": "Li Na"}, {**word, "document_id": "x"}):
        await house.mine.post("/v1/channels", {**said, "acceptance": {**limit, "opt_in": wrong}}, 422)
    await house.mine.post("/v1/channels", {**said, "acceptance": {**limit, "opted_in": True}}, 422)
    lost = {**word, "document_id": f"doc_{'0' * 26}"}
    await house.mine.post("/v1/channels", {**said, "acceptance": {**limit, "opt_in": lost}}, 404)
    made = await house.mine.post("/v1/channels", {**said, "acceptance": {**limit, "opt_in": word}}, 201)
    assert made["acceptance"]["opt_in"] == {**word, "document_id": None}


async def test_a_clock_is_stopped_with_proof_and_goes_on(house: House) -> None:
    return_id, _ = await scanned(house, TrackingStatus.HANDED_OVER, TrackingStatus.DELIVERED)
    before = (await limits_of(house, return_id))["acceptance"]
    path = f"/v1/deadlines/{before['id']}"
    answer = await house.mine.ask(
        "POST", "/v1/documents", data=b"\xff\xd8\xff\xe0" + b"\0" * 64, params={"return_id": return_id}
    )
    proof = (await answer.json())["document_id"]
    stopped = await house.mine.post(f"{path}/pause", {"reason": "held by customs", "proof": proof})
    assert (stopped["state"], stopped["paused_because"]) == ("paused", "held by customs")
    assert stopped["seconds_left"] > 0
    await house.mine.post(f"{path}/pause", {"reason": "again", "proof": proof}, 409)
    unproved = await house.mine.post(f"{path}/pause", {"reason": "again"}, 422)
    assert [(one["pointer"], one["code"]) for one in unproved["errors"]] == [("/proof", "required")]
    await house.mine.post(f"{path}/pause", {"reason": "again", "proof": f"doc_{'0' * 26}"}, 404)
    house.clock.forward(3 * DAY)
    assert (await house.mine.get(path))["seconds_left"] == stopped["seconds_left"], "it keeps what it had"
    again = await house.mine.post(f"{path}/resume", {})
    assert (again["state"], again["paused_at"]) == ("running", None)
    assert again["due_at"] > before["due_at"]
    assert [one["due_at"] for one in again["history"]] == [before["due_at"], before["due_at"]]
    await house.mine.post(f"{path}/resume", {}, 409)
    await house.mine.post(f"{path}/file", {"reference": "C-1"}, 409)


async def test_more_time_is_given_as_far_as_the_terms_say(house: House) -> None:
    return_id, _ = await scanned(house, TrackingStatus.HANDED_OVER, TrackingStatus.DELIVERED)
    row = (await limits_of(house, return_id))["acceptance"]
    refused = await house.mine.post(f"/v1/deadlines/{row['id']}/extend", {"amount": 3}, 409)
    assert "cannot be prolonged" in str(refused)


async def test_a_claim_is_filed_and_what_was_accepted_as_agreed_has_none(house: House) -> None:
    return_id, _ = await scanned(house, TrackingStatus.HANDED_OVER, TrackingStatus.DELIVERED)
    limits = await limits_of(house, return_id)
    assert {name for name in limits if name.startswith("claim")} == {"claim damage"}, "what is delivered is not lost"
    decided = {"decision": "accept", "decided_at": house.clock().isoformat(), "decided_by": "Li"}
    await house.mine.post(f"/v1/returns/{return_id}/acceptances", decided, 201)
    assert (await limits_of(house, return_id))["claim damage"]["state"] == "cancelled"
    worse = decided | {"decision": "accept_with_reservation", "reservation": "the corner is crushed"}
    await house.mine.post(f"/v1/returns/{return_id}/acceptances", worse, 201)
    claim = (await limits_of(house, return_id))["claim damage"]
    assert claim["state"] == "running", "a second look found damage after all"
    filed = await house.mine.post(f"/v1/deadlines/{claim['id']}/file", {"reference": "C-77"})
    assert (filed["state"], filed["seconds_left"]) == ("met", 0)
    await house.mine.post(f"/v1/deadlines/{claim['id']}/file", {"reference": "C-78"}, 409)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_return_page_says_where_days_are_counted_and_why(house: House, language: str) -> None:
    return_id, _ = await scanned(house, TrackingStatus.IN_TRANSIT, TrackingStatus.READY_TO_COLLECT)
    browser = Browser(house)
    await browser.sign_in()
    html = await (await browser.get(f"/console/returns/{return_id}", params={"lang": language})).text()
    await browser.session.close()
    texts = {"en": texts_en.TEXTS, "zh": texts_zh.TEXTS}[language]
    for said in ("clock.hold", "about.loss", "limit_inferred"):
        assert texts[said] in html
    assert texts["limit_zone"].format(zone="Asia/Shanghai") in html


async def test_a_delivery_after_the_promised_day_is_late_without_a_scan_that_says_so(house: House) -> None:
    """Promised for Monday at the warehouse, whose Monday ends while it is still Monday in Europe."""
    for promised_on, late in (("2026-03-01", True), ("2026-03-02", False)):
        made = await house.mine.post("/v1/returns", a_return(), 201)
        (shipment,) = made["shipments"]
        async with house.gw.store.transaction(house.mine.exporter_id) as tx:
            row = await tx.shipments.get(shipment["id"])
            await following.keep_promise(tx, row, date.fromisoformat(promised_on))
            await tx.shipments.set(row.id, state="booked", waybill=f"SBX{promised_on}", booked_at=tx.now, due_at=None)
            events = [
                TrackingEvent(
                    waybill=Waybill(f"SBX{promised_on}"),
                    status=TrackingStatus.DELIVERED,
                    occurred_at=tx.now,
                    zone=ZoneSource.STATED,
                    wire_code="OK",
                )
            ]
            await tracking.record(house.gw, tx, row.id, events, "poll")
        booking = await house.mine.get(f"/v1/bookings/{shipment['id']}")
        assert booking["promised_at"] == f"{promised_on}T16:00:00Z"
        assert ("claim delay" in await limits_of(house, made["id"])) is late
