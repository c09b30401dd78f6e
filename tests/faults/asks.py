"""What an exporter asks for through the API while processes die, and how they come back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from sqlalchemy import Table, select

from gateway.sandbox.papers import build_bill
from gateway.store import tables
from tests.faults.town import KILLED, Town
from tests.web.doors import a_return

KINDS = {"pickups.py": ("pickup", "pickup_void"), "filing.py": ("dispute", "claim", "cover")}
"""Whose attempts a journey's own crash points are of."""
PLACES = ("before_send", "after_send", "before_commit", "after_commit")
FILED = [f"{kind}.{place}" for kind in KINDS["filing.py"] for place in PLACES] + [
    "cover_void.before_send",
    "cover_void.after_send",
]


async def ask_for_pickup(town: Town) -> Any:
    """The booked shipment is to be collected tomorrow."""
    shipment = await town.booked()
    ready = town.clock() + timedelta(days=1)
    place = {"lines": ["12 rue des Essais"], "city": "Lyon", "postal_code": "69003", "country": "FR"}
    told = {
        "account_id": town.settled.account,
        "shipment_ids": [shipment.id],
        "address": place,
        "contact": {"name": "Marie Exemple", "address": place, "phone": "+33 6 00 00 00 01"},
        "ready_at": ready.isoformat(),
        "close_at": (ready + timedelta(hours=4)).isoformat(),
        "zone": "Europe/Paris",
        "parcels": [{"weight": {"grams": 900}}],
    }
    status, pickup, _ = await town.api("POST", "/v1/pickups", json=told, key="collect-R1")
    assert status < 300, pickup
    return pickup


async def apply_for_return(town: Town) -> Any:
    """Of a shop whose platform decides."""
    asked = a_return(source_id=town.settled.source, despite=True)
    status, said, _ = await town.api("POST", "/v1/applications", json=asked, key="apply-1")
    assert status == 201, said
    return said


async def after_the_fall(town: Town, dead: Any, *, rest: bool = True) -> None:
    """Start again what died, without the crash point, and let all come to rest."""
    assert dead.status == KILLED
    town.running.remove(dead)
    if dead.role == "work":
        await town.lease_over()  # nobody else had a turn, which `until` knows only after ten seconds of real time
    else:
        await town.engine_forgets()
    again = town.start(dead.role)
    if dead.role != "work":
        await town.ready(again)
    if rest:
        await town.come_to_rest()


async def ask_for_dispute(town: Town) -> None:
    """The booked shipment was billed too high; the draft is filed."""
    await town.authorise()
    shipment = await town.booked()
    head = {"invoice": "SBI-1", "account": "demo", "currency": "EUR", "issued_on": town.clock().date().isoformat()}
    document = build_bill(head, [{"waybill": shipment.waybill, "code": "FRT", "text": "Freight", "amount": "13.50"}])
    status, said, _ = await town.api("POST", "/v1/invoices", data=document, headers={"Content-Type": "text/csv"})
    assert status < 300, said

    async def drafts() -> Any:
        return (await town.api("GET", "/v1/disputes"))[1]["data"]

    (draft,) = await town.until(drafts)
    status, said, _ = await town.api("POST", f"/v1/disputes/{draft['id']}/file", json={}, key="file-1")
    assert status < 300, said


async def ask_for_claim(town: Town) -> None:
    """The carrier says that it has lost the parcel; what the goods are worth is claimed."""
    await town.authorise()
    shipment = await town.booked()
    await town.bench.tell("journey", waybill=shipment.waybill, every_hours=0, steps=["COL", "LST"])
    status, said, _ = await town.api("POST", f"/v1/trackings/{shipment.waybill}/refresh", key="look")
    assert status < 300, said

    async def drafts() -> Any:
        return (await town.api("GET", "/v1/claims"))[1]["data"]

    (draft,) = await town.until(drafts)
    status, said, _ = await town.api("POST", f"/v1/claims/{draft['id']}/file", json={}, key="claim-1")
    assert status < 300, said


async def ready_for(town: Town, kind: str) -> None:
    """Before anybody works: what is to be covered apart is not covered with the booking."""
    if kind.startswith("cover"):
        async with town.gw.store.transaction(town.settled.exporter) as tx:
            await tx.channels.set(town.settled.channel, insure=False)


async def ask_for_cover(town: Town) -> None:
    await town.authorise()
    booked = await town.booked()
    asked = {"insured_value": {"amount": "120.00", "currency": "EUR"}}
    status, said, _ = await town.api("POST", f"/v1/bookings/{booked.id}/covers", json=asked, key="cover-1")
    assert status < 300, said


async def ask_to_stop_cover(town: Town) -> None:
    """The booking is voided, and its cover with it."""
    await ask_for_cover(town)
    booked = await town.booked()
    await town.until(lambda: filed_as(town, tables.covers, "bound"))
    status, said, _ = await town.api("POST", f"/v1/bookings/{booked.id}/void")
    assert status < 300, said


ASKS: Mapping[str, tuple[Any, Table, str, str]] = {
    "dispute": (ask_for_dispute, tables.disputes, "filed", "dispute_filed"),
    "claim": (ask_for_claim, tables.claims, "filed", "claim_filed"),
    "cover": (ask_for_cover, tables.covers, "bound", "cover_bound"),
    "cover_void": (ask_to_stop_cover, tables.covers, "cancelled", "cover_cancelled"),
}
"""How each is asked for, and as what it stands here and in the carrier's ledger when it is done."""


async def done_once(town: Town, kind: str) -> None:
    """Once here, once there, under one number."""
    _, table, state, entry = ASKS[kind]
    numbers = [one["number"] for one in await town.ledger(entry)]
    assert len(numbers) == 1
    assert numbers == await filed_as(town, table, state)


async def filed_as(town: Town, table: Any, state: str) -> list[str]:
    """The carrier's numbers of all that was filed, as we have them."""
    async with town.gw.store.front_desk() as connection:
        return list((await connection.execute(select(table.c.reference).where(table.c.state == state))).scalars())


async def import_twice(town: Town, one: str, lines: int) -> None:
    """A long invoice, whose import one of the processes does not survive; then again."""
    head = {"invoice": "SBI-LONG", "account": "linden", "currency": "EUR", "issued_on": "2026-03-02"}
    rows = [{"waybill": f"SBX{n:09d}", "code": "FRT", "text": "Freight", "amount": "1.01"} for n in range(lines)]
    document = build_bill(head, rows)
    started = await town.up(crash=one)
    try:
        await town.api("POST", "/v1/invoices", data=document, headers={"Content-Type": "text/csv"})
    except (OSError, aiohttp.ClientError):
        assert one.startswith("invoice.mid")  # it died in the request, and nothing was answered
    await after_the_fall(town, await town.died(started), rest=False)
    status, said, _ = await town.api("POST", "/v1/invoices", data=document, headers={"Content-Type": "text/csv"})
    assert status < 300, said
