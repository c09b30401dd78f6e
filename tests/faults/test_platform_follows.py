"""A platform that tells how a return goes on, and what its buyer writes, by its API alone: as eBay does."""

from datetime import timedelta
from typing import Any

from gateway.journeys import intake
from gateway.store import tables
from schemas.returns import LabelProvider, ReturnAuthorization, ReturnStatus
from schemas.thread import PlatformMessage
from tests.faults.house import House
from tests.faults.params import by_rest


async def taken(house: House, **changed: Any) -> ReturnAuthorization:
    """The return that is known, as the platform's API now tells it; what is kept of it afterwards."""
    row = await house.settled.return_of()
    assert row is not None
    later = (row.version_at or house.clock()) + timedelta(minutes=1)
    told = row.authorization.model_copy(update={"version_at": later, **changed})
    async with house.gw.store.transaction(house.settled.exporter) as tx:
        await intake.apply(tx, await tx.sources.get(row.source_id), told, tx.now)
    after = await house.settled.return_of()
    assert after is not None
    kept: ReturnAuthorization = after.authorization
    return kept


@by_rest
async def test_that_it_goes_on_after_booking_is_nobodys_task(house: House) -> None:
    await house.settled.authorise()
    await house.come_to_rest()
    booked = await house.shipment()
    kept = await taken(house, status=ReturnStatus.SHIPPED, wire_status="ITEM_SHIPPED")
    assert kept.wire_status == "ITEM_SHIPPED"
    assert [task.kind for task in await house.tasks()] == []
    assert (await house.shipment()).state == booked.state
    await taken(house, note="and something else")
    assert [task.kind for task in await house.tasks()] == ["review_amendment"]


@by_rest
async def test_our_own_label_told_back_is_still_ours(house: House) -> None:
    """A label of somebody else after our booking is a person's to look at."""
    await house.settled.authorise()
    await house.come_to_rest()
    shown = " ".join((await house.shipment()).waybill)  # as people write it
    kept = await taken(house, waybill=shown, label_provider=LabelProvider.PLATFORM)
    assert (kept.waybill, kept.label_provider) == (None, LabelProvider.MERCHANT)
    assert [task.kind for task in await house.tasks()] == []
    kept = await taken(house, waybill="1Z999", label_provider=LabelProvider.PLATFORM)
    assert kept.label_provider is LabelProvider.PLATFORM
    assert [task.kind for task in await house.tasks()] == ["review_amendment"]


@by_rest
async def test_what_the_buyer_wrote_comes_with_the_return_and_is_heard_once(house: House) -> None:
    await house.settled.authorise()
    await house.come_to_rest()
    said = PlatformMessage(message_id="buyer:1", text="When does it come?", posted_at=house.clock())
    for _ in range(2):
        kept = await taken(house, messages=(said,))
        assert kept.messages == ()
    assert [task.kind for task in await house.tasks()] == []  # a message amends nothing
    async with house.gw.store.front_desk() as connection:
        posts = (await connection.execute(tables.posts.select())).all()
    assert [(post.side, post.text, post.wire_id) for post in posts] == [("platform", said.text, "buyer:1")]
    await house.come_to_rest()
    assert len(await house.notices("message.posted")) == 1
