"""The whole house once: a shop's webhook comes in, and a label is booked, on each database and by each carrier."""

from gateway.running import working
from tests.house.settled import Settled


async def test_an_authorised_return_is_booked_by_itself(settled: Settled) -> None:
    async with working(settled.gateway):
        await settled.authorise("R1")
        shipment = await settled.booked("R1")
    assert shipment.state == "booked"
    assert await settled.bench.live(shipment.client_ref) == [shipment.waybill]
