"""Invoices at the doors: a profile of one's own, a revision beside the first file, the console's form in both languages."""

import json
from typing import Any

import pytest
from aiohttp import FormData
from sqlalchemy import select

from gateway import worker
from gateway.store import tables
from gateway.store.work import Job
from tests.house.billing import bill
from tests.web.browser import Browser
from tests.web.doors import House

PROFILE = {
    "carrier": "oddpost",
    "currency": "EUR",
    "columns": {"invoice": "Bill", "waybill": "Parcel"},
    "charges": {"Base": "FREIGHT"},
    "row_total": "Sum",
}
ODD = b"Bill,Parcel,Base,Sum\nB7,P1,10.00,10.00\n"


def freight(amount: str) -> dict[str, Any]:
    return {"waybill": "SBX1", "code": "FRT", "amount": amount}


async def upload(house: House, content: bytes, status: int = 202, **query: str) -> Any:
    answer = await house.mine.ask(
        "POST", "/v1/invoices", data=content, params=query, headers={"Content-Type": "text/csv"}
    )
    assert answer.status == status, await answer.text()
    return await answer.json()


async def test_a_profile_comes_with_the_file(house: House) -> None:
    wrong = await upload(house, ODD, profile=json.dumps({**PROFILE, "charges": {"Bse": "FREIGHT"}}))
    assert (wrong["invoice_ids"], wrong["problems"][0]["column"]) == ([], "Bse")
    told = await upload(house, ODD, profile=json.dumps(PROFILE))
    shown = await house.mine.get(f"/v1/invoices/{told['invoice_ids'][0]}")
    assert (told["format"], shown["number"], shown["total"]) == ("mapped", "B7", {"amount": "10.00", "currency": "EUR"})


async def test_a_revision_shows_what_it_has_otherwise(house: House) -> None:
    first = await upload(house, bill("B1", [freight("10.00"), freight("2.00")]))
    again = await upload(house, bill("B1", [freight("2.00"), freight("11.00"), freight("1.00")]))
    shown = await house.mine.get(f"/v1/invoices/{again['invoice_ids'][0]}")
    assert shown["state"] == "quarantined"
    assert shown["revises"] == first["invoice_ids"][0]
    changes = [
        (one["was"] and one["was"]["amount"], one["now"] and one["now"]["amount"]) for one in shown["differences"]
    ]
    assert changes == [("10.00", "1.00"), (None, "11.00")]


@pytest.fixture
async def judged(house: House) -> str:
    told = await upload(house, bill("B1", [freight("10.00")]))
    await worker.run(house.gw, Job("reconcile", told["invoice_ids"][0], house.mine.exporter_id))
    return str(told["invoice_ids"][0])


async def test_every_line_says_why(house: House, judged: str) -> None:
    (line,) = (await house.mine.get(f"/v1/invoices/{judged}"))["lines"]
    assert (line["finding"], line["state"], line["agreed"]["amount"]) == ("unmatched", "held", "0.00")
    assert "no booking of ours" in line["because"]


async def test_the_console_takes_a_file_and_shows_what_was_found(inside: Browser, house: House, judged: str) -> None:
    for language, word in (("en", "no booking of ours"), ("zh", "非本方运单")):
        page = await inside.get(f"/console/invoices/{judged}?lang={language}")
        assert word in await page.text()
    form = await (await inside.get("/console/invoices?lang=en")).text()
    assert "Import a file" in form
    sent = FormData()
    sent.add_field("csrf", await inside.token("/console/invoices"))
    sent.add_field("file", ODD, filename="odd.csv")
    sent.add_field("profile", json.dumps(PROFILE).encode(), filename="odd.yaml")
    answer = await inside.post("/console/invoices", sent)
    assert answer.status == 303, await answer.text()
    async with house.gw.store.front_desk() as connection:
        numbers = (await connection.execute(select(tables.invoices.c.number))).scalars().all()
    assert set(numbers) == {"B1", "B7"}


async def test_the_console_says_why_a_file_is_refused(inside: Browser) -> None:
    sent = FormData()
    sent.add_field("csrf", await inside.token("/console/invoices?lang=en"))
    sent.add_field("file", b"a cat", filename="cat.jpg")
    answer = await inside.post("/console/invoices", sent)
    assert answer.status == 422
    assert "no reader recognises this file" in await answer.text()
