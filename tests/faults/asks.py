"""What an exporter asks for through the API while processes die, and how they come back."""

from datetime import timedelta
from typing import Any

from tests.faults.town import KILLED, Town
from tests.web.doors import a_return


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
    await town.engine_forgets()
    again = town.start(dead.role)
    if dead.role != "work":
        await town.ready(again)
    if rest:
        await town.come_to_rest()
