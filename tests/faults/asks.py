"""What an exporter asks for through the API while processes die."""

from datetime import timedelta
from typing import Any

from tests.faults.town import Town


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
