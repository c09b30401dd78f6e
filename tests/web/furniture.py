"""Rows that no door makes by itself, for tests of all doors."""

import json
from datetime import timedelta
from typing import Any

from schemas.shipments import Parcel, PickupRequest
from schemas.values import ClientRef, Party, Weight
from tests.web.doors import RETURNER, House


async def house_pickup(house: House, tx: Any) -> str:
    party = Party.model_validate_json(json.dumps(RETURNER))
    request = PickupRequest(
        client_ref=ClientRef("HW1"),
        address=party.address,
        contact=party,
        ready_at=tx.now,
        close_at=tx.now + timedelta(hours=8),
        zone="Europe/Paris",
        parcels=(Parcel(weight=Weight(grams=900)),),
    )
    pickup_id: str = await tx.pickups.add(
        account_id=house.account_id,
        carrier="sandbox_rest",
        state="requested",
        request=request,
        shipment_ids=[],
        created_at=tx.now,
    )
    return pickup_id


async def a_message(house: House) -> str:
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        message_id: str = await tx.inbox.add(
            door="platform",
            source_id=house.source_id,
            delivery_id="d",
            trust="signed",
            url="",
            headers={},
            body=b"{}",
            received_at=tx.now,
            state="quarantined",
        )
    return message_id


async def covered(house: House, return_id: str, shipment_id: str) -> str:
    """A policy that is bound; its id."""
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        cover_id: str = await tx.covers.add(
            return_id=return_id,
            shipment_id=shipment_id,
            account_id=house.account_id,
            carrier="sandbox_rest",
            state="bound",
            insured_minor=100,
            currency="EUR",
            goods="",
            reference="POL1",
            created_at=tx.now,
        )
    return cover_id
