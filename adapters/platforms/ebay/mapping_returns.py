"""What the API says of a return. Source: Get Return and Search Returns of Post-Order v2."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from adapters.platforms.ebay import codes
from adapters.platforms.ebay.mapping import Node, instant, money, node, nodes, read_object, whole, words
from adapters.toolkit.http import Reply
from schemas.errors import Unintelligible
from schemas.returns import (
    LabelProvider,
    ListedReturns,
    ReturnAuthorization,
    ReturnItem,
    ReturnKind,
    ReturnReason,
    ReturnStatus,
)
from schemas.thread import PlatformMessage
from schemas.values import tidy_note

CREATED, DUE = "created", "due"


def read_place(after: str | None) -> tuple[str, int]:
    """Which of the two searches goes on, and how many returns of it were told."""
    search, _, offset = (after or f"{CREATED}:0").partition(":")
    return search, int(offset)


def build_search(search: str, since: datetime, offset: int, limit: int) -> dict[str, str]:
    """A search without an end goes 90 days on from its beginning."""
    created = {"creation_date_range_from": f"{since:%Y-%m-%dT%H:%M:%S}.000Z"}
    wanted = created if search == CREATED else {"return_state": "SELLER_ACTION_DUE"}
    return {"role": "SELLER", **wanted, "limit": str(limit), **({"offset": str(offset)} if offset else {})}


def read_found(reply: Reply, search: str, offset: int, limit: int) -> ListedReturns:
    """The ids of one page of a search, and what is asked next: on in this search, or the other one."""
    body = read_object(reply)
    members = nodes(body, "members")
    found = filter(None, (words(each.get("returnId"), 100) for each in members))
    told, total = offset + len(members), whole(node(body, "paginationOutput").get("totalEntries"))
    on = f"{DUE}:0" if search == CREATED else None
    if len(members) >= limit and (told < total or not total):
        on = f"{search}:{told}"
    return ListedReturns(ids=tuple(dict.fromkeys(found)), next=on)


def status_of(summary: Node) -> tuple[ReturnStatus, str | None]:
    """Ours, and theirs as it was written."""
    state, status = words(summary.get("state"), 60), words(summary.get("status"), 60)
    if codes.STATUSES.get(status or "") is ReturnStatus.DISPUTED:
        return ReturnStatus.DISPUTED, status
    known = codes.STATES.get(state or "") or codes.STATUSES.get(status or "")
    return known or ReturnStatus.UNKNOWN, state or status


def read_return(reply: Reply) -> ReturnAuthorization:
    """With what the buyer wrote. Raises Unintelligible where it names no return."""
    body = read_object(reply)
    summary, detail = node(body, "summary"), node(body, "detail")
    rma_id = words(summary.get("returnId"), 100)
    if rma_id is None:
        raise Unintelligible("a return without its id")
    status, raw = status_of(summary)
    created, sold = node(summary, "creationInfo"), node(detail, "itemDetail")
    ordered_at = instant(sold.get("transactionDate"))
    comments = node(created, "comments").get("content")
    return ReturnAuthorization(
        rma_id=rma_id,
        order_id=words(summary.get("orderId"), 100),
        status=status,
        wire_status=raw,
        kind=codes.KINDS.get(words(summary.get("currentType")) or "", ReturnKind.UNKNOWN),
        label_provider=_label_provider(summary, detail),
        items=tuple(_items(created, sold)),
        waybill=waybill_of(detail),
        note=(tidy_note(comments) or None) if isinstance(comments, str) else None,
        ordered_on=ordered_at.date() if ordered_at else None,
        requested_at=instant(created.get("creationDate")),
        version_at=max(filter(None, (instant(each.get("creationDate")) for each in history(body))), default=None),
        messages=tuple(_messages(body)),
    )


def history(body: Node) -> list[Node]:
    return nodes(body, "detail", "responseHistory")


def shipment_of(detail: Node) -> Node:
    return node(detail, "returnShipmentInfo", "shipmentTracking")


def waybill_of(detail: Node) -> str | None:
    return words(shipment_of(detail).get("trackingNumber"), 100)


def _label_provider(summary: Node, detail: Node) -> LabelProvider:
    """A number that is there was given with somebody else's label, or is ours told back; which, the gateway knows."""
    if codes.LABEL_WANTED & {words(summary.get("state")), words(summary.get("status"))}:
        return LabelProvider.MERCHANT
    given = words(shipment_of(detail).get("shippingMethod"))
    return LabelProvider.PLATFORM if given == "SHIPPING_LABEL" else LabelProvider.UNKNOWN


def _items(created: Node, sold: Node) -> Iterator[ReturnItem]:
    """The one line that a return is about; none where it says neither which nor how many."""
    item, code = node(created, "item"), words(created.get("reason"), 100)
    line_id = words(item.get("transactionId"), 100) or words(item.get("itemId"), 100)
    quantity = whole(item.get("returnQuantity"))
    if line_id and 0 < quantity <= 100_000:
        yield ReturnItem(
            line_id=line_id,
            title=words(sold.get("itemTitle")),
            quantity=quantity,
            unit_price=money(node(sold, "itemPrice")),
            reason=codes.REASONS.get(code or "", ReturnReason.UNKNOWN),
            reason_text=code,
        )


def _messages(body: Node) -> Iterator[PlatformMessage]:
    """The buyer's. The same words at the same instant are the same message."""
    for each in history(body):
        notes, at = each.get("notes"), instant(each.get("creationDate"))
        text = tidy_note(notes) if isinstance(notes, str) else ""
        if words(each.get("activity")) == codes.BUYER_WROTE and at and text:
            digest = hashlib.sha256(text.encode()).hexdigest()[:16]
            yield PlatformMessage(message_id=f"buyer:{at:%Y%m%dT%H%M%S.%f}:{digest}", text=text, posted_at=at)
