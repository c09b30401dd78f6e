"""Claims through the doors: opened, filed, answered and paid by the API; the same by a person at the console."""

import io
import zipfile

import pytest
from sqlalchemy import select, update

from gateway.store import checks, tables
from tests.house.billing import bill, freight, take_in
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, House, a_return

pytestmark = ON_BOTH


@pytest.fixture
async def shipment(house: House) -> str:
    """Delivered, of our own account, which is paused: nothing leaves. Its id."""
    row = await house.mine.post("/v1/returns", a_return(), status=201)
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.accounts.set(house.account_id, paused="for a test")
        (shipment,) = await tx.shipments.of_return(row["id"])
        await tx.shipments.set(shipment.id, state="delivered", waybill="SBX1", handed_over_at=tx.now)
        return str(shipment.id)


async def opened(house: House, shipment: str, **more: object) -> str:
    asked = {"shipment_id": shipment, "about": "damage", "amount": {"amount": "40.00", "currency": "EUR"}, **more}
    said = await house.mine.post("/v1/claims", asked, status=201)
    return str(said["id"])


async def test_a_claim_goes_from_the_draft_to_the_money(house: House, shipment: str) -> None:
    claim_id = await opened(house, shipment, note="box crushed")
    path = f"/v1/claims/{claim_id}"
    told = await house.mine.get(path)
    assert (told["state"], told["by_api"], told["paid"]["amount"]) == ("draft", True, "0.00")
    assert {one["law"] for one in told["bounds"]} >= {"montreal", "cmr"}
    assert (await house.mine.ask("POST", f"{path}/file", json={}, idempotent=None)).status == 400
    assert (await house.mine.post(f"{path}/answer", {"reason": "no"}, status=409))["state"] == "draft"
    said = await house.mine.post(f"{path}/file", {"reference": "CASE-3"}, idempotent="once")
    assert (said["state"], said["reference"]) == ("filed", "CASE-3")
    again = await house.mine.ask("POST", f"{path}/file", json={"reference": "CASE-3"}, idempotent="once")
    assert (again.status, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert (await house.mine.post(f"{path}/answer", {"reason": "packed badly"}))["state"] == "rejected"
    promise = {"accepted": {"amount": "30.00", "currency": "EUR"}}
    assert (await house.mine.post(f"{path}/answer", promise))["accepted"]["amount"] == "30.00"
    part = {"amount": {"amount": "10.00", "currency": "EUR"}, "reference": "BANK-1"}
    assert (await house.mine.post(f"{path}/payment", part))["state"] == "accepted"
    rest = {"amount": {"amount": "20.00", "currency": "EUR"}, "reference": "BANK-2"}
    paid = await house.mine.post(f"{path}/payment", rest)
    assert (paid["state"], paid["payment"], paid["paid"]["amount"]) == ("paid", "BANK-2", "30.00")
    await house.mine.post(f"{path}/withdraw", {"reason": "late"}, status=409)
    (listed,) = (await house.mine.get("/v1/claims"))["data"]
    assert (listed["id"], listed["state"]) == (claim_id, "paid")


async def test_what_a_person_has_seen_is_in_the_books_once(house: House, shipment: str) -> None:
    claim_id = await opened(house, shipment)
    path = f"/v1/claims/{claim_id}"
    await house.mine.post(f"{path}/file", {"reference": "CASE-3"})
    await take_in(house.gw, house.mine.exporter_id, bill("B7", [freight("SBX1", "9.00")]))
    for reference, amount in (("BANK-1", "10.00"), ("B7", "5.00"), ("BANK-2", "25.00")):
        said = {"amount": {"amount": amount, "currency": "EUR"}, "reference": reference}
        for _ in range(2):  # a repetition pays nothing
            told = await house.mine.post(f"{path}/payment", said, idempotent=f"payment {reference}".replace(" ", "-"))
    assert (told["state"], told["paid"]["amount"]) == ("paid", "40.00")
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        posted = [row for row in await tx.ledger.those("id") if row.posting_key.startswith("claim_paid:")]
        assert await tx.ledger.sums() == {"EUR": 0}
    both = [("claims_received", "return_freight_expense"), ("costs_recharged", "exporter_receivable")]
    assert sorted((row.debit, row.credit, row.minor) for row in posted) == sorted(
        (*pair, minor) for pair in both for minor in (1_000, 2_500)
    )
    assert {(row.return_id, row.invoice_id) for row in posted} == {(told["return_id"], None)}
    statement = await house.mine.get("/v1/statements/2026-03")
    assert (statement["holds"], statement["received"]) == (True, [{"amount": "35.00", "currency": "EUR"}])
    assert (await house.mine.get("/v1/statements/2026-04"))["received"] == []
    assert (await house.theirs.get("/v1/statements/2026-03"))["received"] == []
    plain = await (await house.mine.ask("GET", "/v1/statements/2026-03?as=beancount")).text()
    assert plain.count("Assets:Claims:Received  25.00 EUR") == plain.count("Assets:Claims:Received  10.00 EUR") == 1
    assert await offences(house) == []
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.claims.set(claim_id, paid_minor=3_400)
    assert await offences(house) == [f"{claim_id} was paid 3400, 3500 are posted"]


async def offences(house: House) -> list[str]:
    async with house.gw.store.front_desk() as connection:
        found = await checks.check(connection, lambda *_: "announced")
    return [one for name, rows in found.items() if name.startswith("I8") for one in rows]


async def test_every_step_is_on_the_timeline_and_in_the_audit(house: House, shipment: str) -> None:
    claim_id = await opened(house, shipment)
    await house.mine.post(f"/v1/claims/{claim_id}/withdraw", {"reason": "settled otherwise"})
    return_id = (await house.mine.get(f"/v1/claims/{claim_id}"))["return_id"]
    async with house.gw.store.reading(house.mine.exporter_id) as tx:
        said = [row for row in await tx.audit.of_chain(return_id) if row.subject_id == claim_id]
    assert [row.action for row in said] == ["claim.opened", "claim.withdrawn"]
    assert said[1].actor.startswith("api:") or said[1].actor
    again = await opened(house, shipment)  # what was withdrawn may be claimed anew
    assert again != claim_id


async def test_what_is_wrong_is_told(house: House, shipment: str) -> None:
    asked = {"shipment_id": shipment, "about": "damage"}
    for wrong in ({"amount": {"amount": "0.00", "currency": "EUR"}}, {"about": "theft"}, {"shipment_id": "shp_1"}):
        assert (await house.mine.ask("POST", "/v1/claims", json={**asked, **wrong})).status == 422
    claim_id = await opened(house, shipment)
    await house.mine.post("/v1/claims", {**asked, "amount": {"amount": "1.00", "currency": "EUR"}}, status=409)
    for path in (f"/v1/claims/{claim_id}", f"/v1/claims/{claim_id}/pack", "/v1/claims/clm_0"):
        assert (await house.theirs.ask("GET", path)).status == 404


async def test_a_person_does_all_of_it_at_the_console_in_both_languages(
    inside: Browser, house: House, shipment: str
) -> None:
    async with house.gw.store.front_desk() as connection:
        (return_id,) = (await connection.execute(select(tables.shipments.c.return_id))).scalars().all()
    token = await inside.token(f"/console/returns/{return_id}")
    answer = await inside.post(f"/console/bookings/{shipment}/claims", {"csrf": token, "about": "delay"})
    path = answer.headers["Location"]
    assert answer.status == 303
    for language, words in (
        ("en", ("nobody has said yet", "Montreal Convention", "by weight, article 22")),
        ("zh", ("尚未填写", "蒙特利尔公约", "按重量，第 22 条")),
    ):
        page = await (await inside.get(f"{path}?lang={language}")).text()
        for word in words:
            assert word in page, word
        assert f"{path}/send" not in page  # first somebody says what is asked for
    steps = (
        ("change", {"amount": "25.00", "note": "three weeks"}, "is-draft"),
        ("file", {"reference": "CASE-4"}, "is-filed"),
        ("accept", {"amount": "20.00"}, "is-accepted"),
        ("reject", {"reason": "not ours"}, "is-rejected"),
        ("pay", {"amount": "25.00", "reference": "BANK-9"}, "is-paid"),
    )
    for act, form, seen in steps:
        assert (await inside.post(f"{path}/{act}", {"csrf": "x", **form})).status == 403
        assert (await inside.post(f"{path}/{act}", {"csrf": token, **form})).status == 303, act
        page = await (await inside.get(path)).text()
        assert seen in page, act
    assert "BANK-9" in page
    assert f'action="{path}' not in page  # it is over
    for shown in ("/console/claims", f"/console/returns/{return_id}"):
        assert path in await (await inside.get(shown)).text()


async def test_wrong_forms_change_nothing(inside: Browser, house: House, shipment: str) -> None:
    path = f"/console/claims/{await opened(house, shipment)}"
    token = await inside.token(path)
    for form in ({"amount": "1,000.00"}, {"amount": "-1"}, {"amount": ""}, {"amount": "1.001"}):
        assert (await inside.post(f"{path}/change", {"csrf": token, **form})).status == 422
    assert (await inside.post(f"{path}/file", {"csrf": token, "reference": " "})).status == 422
    assert (await inside.post(f"{path}/accept", {"csrf": token, "amount": "1.00"})).status == 409
    answer = await inside.post(f"{path}/send", {"csrf": token})
    assert answer.status == 303
    page = await (await inside.get(path)).text()
    assert "is-filing" in page
    assert f'action="{path}' not in page


async def test_the_document_to_send_has_letter_goods_and_evidence(inside: Browser, house: House, shipment: str) -> None:
    claim_id = await opened(house, shipment, note="=box crushed")
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.run(update(tables.claims).values(goods="=1 Jacket"))
    answer = await inside.get(f"/console/claims/{claim_id}/pack?lang=zh")
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as pack:
        assert pack.namelist() == ["claim.pdf", "lines.csv", "manifest.json"]
        assert pack.read("lines.csv").decode().splitlines()[1] == "SBX1,'=1 Jacket,damage,40.00 EUR"
