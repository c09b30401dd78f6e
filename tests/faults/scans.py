"""What carriers say of parcels, heard by polling and by push."""

import json
from typing import Any

from adapters.toolkit.auth import hmac_sha256
from gateway.journeys import intake, tracking
from schemas.messages import InboundMessage
from tests.faults.house import House

SECRET = "push-secret"


async def polled(house: House, rma_id: str = "R1") -> Any:
    """The shipment after a look at its carrier."""
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await tracking.refresh(tx, (await house.shipment(rma_id)).id)
    await house.run_due()
    return await house.shipment(rma_id)


async def events(house: House, rma_id: str = "R1") -> list[Any]:
    shipment = await house.shipment(rma_id)
    return list(await house.settled.reading(lambda tx: tx.events.of_shipment(shipment.id)))


async def pushed(house: House, found: list[Any]) -> None:
    """The carrier's own push of these scans, as its door receives it, and what comes of it."""
    body, stamp = json.dumps({"events": found}).encode(), str(int(house.clock().timestamp()))
    digest = hmac_sha256(SECRET, stamp.encode() + b"." + body).hex()
    headers = {"x-sandbox-timestamp": stamp, "x-sandbox-signature": f"sha256={digest}"}
    message = InboundMessage(body=body, headers=headers, received_at=house.clock())
    await intake.receive_push(house.gw, house.carrier, house.settled.account, message)
    await house.run("ingest")


def scan(house: House, shipment: Any, code: str) -> dict[str, str]:
    """One, as of now, of a push."""
    at = house.clock().isoformat()
    return {"waybill": shipment.waybill, "id": f"{code} {at}", "code": code, "at": at}
