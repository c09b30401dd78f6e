"""Notices and threads by mail, with a real mail server: the same tries, dead letters and repetitions as for webhooks."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from adapters import registry
from gateway.journeys import asking, conversing, settling_in
from gateway.letters.relay import Relay
from gateway.store import tables
from schemas.errors import Refused
from schemas.thread import Side
from tests.faults.house import House
from tests.faults.params import by_rest
from tests.house.post_office import PostOffice, post_office

DESK, CONTACT = "desk@linden.example", "returns@shop.example"


@pytest.fixture
async def office(house: House) -> AsyncIterator[PostOffice]:
    async with post_office(asyncio.get_running_loop()) as open_one:
        house.gw.relay = Relay.of(open_one.url, "returns@gateway.example")
        yield open_one


async def listen(house: House, *kinds: str) -> str:
    async with house.gw.store.transaction(house.settled.exporter, "operator") as tx:
        endpoint_id, secret = await settling_in.add_endpoint(house.gw, tx, f"mailto:{DESK}", kinds)
    assert secret == ""
    return endpoint_id


async def deliveries(house: House, target_id: str) -> list[Any]:
    columns = tables.deliveries.c
    async with house.gw.store.front_desk() as connection:
        rows = await connection.execute(tables.deliveries.select().where(columns.target_id == target_id))
        return list(rows.all())


async def write(house: House, text: str = "The seam is torn.\nShall we take it?") -> None:
    row = await house.settled.return_of()
    assert row is not None
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await conversing.post(tx, row.id, Side.EXPORTER, text, None)


@by_rest
async def test_an_address_hears_what_a_webhook_would(house: House, office: PostOffice) -> None:
    await listen(house, "return.approved", "booking.confirmed")
    await house.authorise()
    await house.come_to_rest()
    assert [letter["Subject"] for letter in office.letters] == [
        "Return approved: return R1-1001",
        "The carrier has booked: return R1-1001",
    ]
    assert {tuple(to) for to in office.recipients} == {(DESK,)}
    everything = "".join(letter.as_string() for letter in office.letters)
    assert (await house.shipment()).waybill in everything
    assert not [word for word in ("Marie", "Exemple", "rue des Essais", "marie@") if word in everything]


@by_rest
async def test_a_letter_comes_again_under_its_one_name(house: House, office: PostOffice) -> None:
    """The server says no at first; later it is asked for again by hand. Whoever reads can tell that it is one."""
    endpoint_id = await listen(house, "return.approved")
    office.at_the_end = ["451 4.3.0 try again", "554 5.7.1 spam"]
    await house.authorise()
    await house.come_to_rest()
    (row,) = await deliveries(house, endpoint_id)
    assert (row.state, row.last_error) == ("delivered", None)
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await asking.send_again(tx, row.id)
    await house.come_to_rest()
    assert [letter["Message-ID"] for letter in office.letters] == [f"<{row.id}@gateway.example>"] * 2
    assert office.letters[0].as_bytes() == office.letters[1].as_bytes()


@by_rest
async def test_a_mailbox_that_is_none_is_told_no_more(house: House, office: PostOffice) -> None:
    endpoint_id = await listen(house, "return.approved")
    office.refusals = ["550 5.1.1 unknown"] * 9
    await house.authorise()
    await house.come_to_rest()
    (row,) = await deliveries(house, endpoint_id)
    assert (row.state, row.last_status, office.letters) == ("dead", 550, [])
    async with house.gw.store.reading(house.settled.exporter) as tx:
        assert not (await tx.endpoints.get(endpoint_id)).enabled
    assert len(await house.notices("endpoint.disabled")) == 1  # the webhook hears of it


@by_rest
async def test_mail_that_never_goes_is_a_dead_letter(house: House, office: PostOffice) -> None:
    endpoint_id = await listen(house, "return.approved")
    house.gw.relay = Relay.of("smtp+plain://127.0.0.1:1", "returns@gateway.example")
    await house.authorise()
    await house.come_to_rest(within=timedelta(days=6))
    (row,) = await deliveries(house, endpoint_id)
    assert (row.state, row.last_error) == ("dead", "the mail server: SMTPConnectError")


@by_rest
async def test_a_shop_that_takes_no_messages_is_written_to(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By mail, with the exporter's own mailbox for the answer; and where nobody gave an address there, by nobody."""
    there = dict(registry.platforms())
    there["sandbox"] = type("Silent", (there["sandbox"],), {"give_message": None})
    monkeypatch.setattr(registry, "platforms", lambda: there)
    await house.authorise()
    await house.come_to_rest()
    await write(house, "Nobody hears this.")
    await house.come_to_rest()
    assert office.letters == []
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tx.sources.set(house.settled.source, mail=CONTACT)
    await listen(house, "message.posted")
    await write(house)
    await house.come_to_rest()
    by_reader = {to[0]: letter for to, letter in zip(office.recipients, office.letters, strict=True)}
    assert set(by_reader) == {DESK, CONTACT}
    letter = by_reader[CONTACT]
    assert letter["Reply-To"] == DESK
    assert "The seam is torn.\nShall we take it?" in letter.get_content().replace("\r\n", "\n")
    assert "/console/" not in letter.get_content()  # they have no key to it
    assert "/console/returns/ret_" in by_reader[DESK].get_content()
    assert [task.kind for task in await house.tasks()] == []


@by_rest
async def test_an_address_is_taken_only_where_mail_can_go(house: House, office: PostOffice) -> None:
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        for wrong in ("mailto:", "mailto:desk", "mailto:a@b.example,c@d.example", f"mailto:{DESK}\n"):
            with pytest.raises(Refused, match="no mail address"):
                await settling_in.add_endpoint(house.gw, tx, wrong)
        house.gw.relay = None
        with pytest.raises(Refused, match="mail is off"):
            await settling_in.add_endpoint(house.gw, tx, f"mailto:{DESK}")
        credentials = {"webhook_secret": "s"}
        with pytest.raises(Refused, match="mail is off"):
            await settling_in.add_source(house.gw, tx, "sandbox", "Shop", credentials, mail=CONTACT)
