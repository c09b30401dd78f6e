"""Cover through the doors: by the API, and by a person on a return's page."""

import pytest

from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, House, a_return

pytestmark = ON_BOTH
WORTH = {"insured_value": {"amount": "120.00", "currency": "EUR"}}


@pytest.fixture
async def shipment(house: House) -> tuple[str, str]:
    """Booked, of an account that is paused: nothing leaves. Its return's id, and its own."""
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.channels.set(house.channel_id, insure=False)
    row = await house.mine.post("/v1/returns", a_return(), status=201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.accounts.set(house.account_id, paused="for a test")
        (one,) = await tx.shipments.of_return(row["id"])
        await tx.shipments.set(one.id, state="booked", waybill="SBX1")
    return str(row["id"]), str(one.id)


async def test_it_is_asked_for_once_by_a_key(house: House, shipment: tuple[str, str]) -> None:
    path = f"/v1/bookings/{shipment[1]}/covers"
    assert (await house.mine.ask("POST", path, json=WORTH, idempotent=None)).status == 400
    said = await house.mine.post(path, WORTH, status=202, idempotent="cover-1")
    again = await house.mine.ask("POST", path, json=WORTH, idempotent="cover-1")
    assert (again.headers["Idempotent-Replayed"], (await again.json())["id"]) == ("true", said["id"])
    assert (said["state"], said["insured"]["amount"], said["premium"], said["expected"]) == (
        "filing",
        "120.00",
        None,
        None,
    )
    assert (await house.mine.post(path, WORTH, status=409))["state"] == "covered"
    told = await house.mine.get(path)
    assert ([one["id"] for one in told["data"]], told["with_booking"]) == ([said["id"]], None)
    assert (await house.mine.get(f"/v1/covers/{said['id']}"))["insurer"] == "sandbox_rest"
    await house.mine.post(f"/v1/covers/{said['id']}/cancel", status=409)  # it is not bound yet
    zero = {"insured_value": {"amount": "0.00", "currency": "EUR"}}
    assert (await house.mine.ask("POST", path, json=zero)).status == 422


async def test_a_person_has_it_covered_in_both_languages(
    inside: Browser, house: House, shipment: tuple[str, str]
) -> None:
    page, path = f"/console/returns/{shipment[0]}", f"/console/bookings/{shipment[1]}/covers"
    for language, words in (("en", "Have it covered"), ("zh", "投保金额")):
        assert words in await (await inside.get(f"{page}?lang={language}")).text()
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.accounts.set(house.account_id, carrier="sandbox_soap")
    assert path not in await (await inside.get(page)).text()  # this carrier sells none
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.accounts.set(house.account_id, carrier="sandbox_rest")
    token = await inside.token(page)
    for form in ({"amount": "x", "currency": "EUR"}, {"amount": "1.00", "currency": "XX"}, {"amount": "-1"}):
        assert (await inside.post(path, {"csrf": token, **form})).status == 422
    assert (await inside.post(path, {"csrf": "x", "amount": "120.00", "currency": "EUR"})).status == 403
    answer = await inside.post(path, {"csrf": token, "amount": "120.00", "currency": "EUR"})
    assert (answer.status, answer.headers["Location"]) == (303, f"{page}#cover")
    shown = await (await inside.get(page)).text()
    assert "is-filing" in shown
    assert path not in shown
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        (cover,) = await tx.covers.of_shipment(shipment[1])
        await tx.covers.set(cover.id, state="bound", reference="POL1", premium_minor=120, premium_currency="EUR")
    shown = await (await inside.get(f"{page}?lang=en")).text()
    assert "premium 1.20 EUR" in shown
    assert (await inside.post(f"/console/covers/{cover.id}/cancel", {"csrf": token})).status == 303
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        (attempt,) = await tx.attempts.of_subject("cover_void", cover.id)
    assert attempt.state == "sending"
