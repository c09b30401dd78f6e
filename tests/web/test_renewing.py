"""Renewing through the doors, on both stores: the route, and the console's act in both languages."""

from datetime import timedelta

import pytest

from gateway.journeys import following
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, House, a_return

pytestmark = ON_BOTH
DAY = timedelta(days=1)


async def booked(house: House) -> tuple[str, str]:
    """A return whose carrier has said that its order is good for a day; its id and the shipment's."""
    made = await house.mine.post("/v1/bookings", a_return(), 202)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        shipment = await tx.shipments.get(made["id"])
        await tx.attempts.add(
            return_id=shipment.return_id,
            account_id=shipment.account_id,
            carrier=shipment.carrier,
            kind="booking",
            subject_id=shipment.id,
            number=1,
            client_ref=shipment.request.client_ref,
            state="live",
            request="{}",
            waybill="SBX1",
            sent_at=tx.now,
        )
        await tx.shipments.set(shipment.id, state="booked", waybill="SBX1", booked_at=tx.now)
        await following.start_hand_over(tx, shipment, tx.now + DAY)
    return made["return_id"], made["id"]


async def test_only_what_has_expired_is_renewed_and_the_answer_says_so(house: House) -> None:
    _, shipment_id = await booked(house)
    path = f"/v1/bookings/{shipment_id}/renew"
    said = await house.mine.get(f"/v1/bookings/{shipment_id}")
    assert said["hand_over_by"] == (house.clock.now + DAY).isoformat().replace("+00:00", "Z")
    refused = await house.mine.post(path, {"days": 7}, 409)
    assert refused["state"] == "running"
    house.clock.forward(DAY)
    await house.theirs.post(path, {"days": 7}, 404)
    await (await house.key("returns")).post(path, {"days": 7}, 403)
    for days, status in ((31, 422), (0, 422), ("7", 422), (None, 422)):
        await house.mine.post(path, {"days": days}, status)
    asked = await house.mine.post(path, {"days": 7}, 202)
    assert [(one["kind"], one["state"]) for one in asked["attempts"]] == [("booking", "live"), ("renewal", "sending")]
    assert asked["state"] == "booked"
    again = await house.mine.post(path, {"days": 9}, 202)
    assert len(again["attempts"]) == 2  # under way: the same one


async def test_adapters_say_how_far_they_renew(house: House) -> None:
    rows = {row["id"]: row for row in (await house.mine.get("/v1/carriers"))["data"]}
    assert rows["correios_br"]["renewal"] == {"shortest": 5, "longest": 30, "only_expired": True}
    assert rows["sandbox_soap"]["renewal"] is None
    assert all((row["renewal"] is not None) == ("renew" in row["capabilities"]) for row in rows.values())


@pytest.mark.parametrize(("language", "offer", "wait"), [
    ("en", "Not used in time. Days more (1 to 30)", "A renewal is being asked for."),
    ("zh", "未在期限内使用。延长天数（1 至 30）", "正在申请续期。"),
])  # fmt: skip
async def test_the_console_offers_it_once_it_expired(
    house: House, inside: Browser, language: str, offer: str, wait: str
) -> None:
    return_id, shipment_id = await booked(house)
    page = f"/console/returns/{return_id}?lang={language}"
    assert offer not in await (await inside.get(page)).text()
    house.clock.forward(DAY)
    await inside.sign_in()  # a session ends after half a day
    assert offer in await (await inside.get(page)).text()
    act, token = f"/console/bookings/{shipment_id}/renew", await inside.token(page)
    assert (await inside.post(act, {"days": "7"})).status == 403
    assert (await inside.post(act, {"csrf": token, "days": "-7"})).status == 422
    assert (await inside.post(act, {"csrf": token, "days": "31"})).status == 422
    answer = await inside.post(act, {"csrf": token, "days": "7"})
    assert (answer.status, answer.headers["Location"]) == (303, f"/console/returns/{return_id}")
    shown = await (await inside.get(page)).text()
    assert wait in shown
    assert offer not in shown
