"""What we tell Shopify: a waybill with its label, and what became of the goods. Each is built from what stands there
already, so that telling it twice changes nothing."""

from collections.abc import Iterator

from adapters.platforms.shopify import codes
from adapters.platforms.shopify.mapping import Node, node, nodes, read_data, whole, words
from adapters.platforms.shopify.mapping_returns import numbers
from adapters.toolkit.http import Reply
from schemas.errors import RefusalCode, Refused, Unsupported
from schemas.returns import Decision, DecisionKind, TrackingNote


def _open_orders(reply: Reply) -> list[Node]:
    found = node(read_data(reply), "return")
    if not found:
        raise Refused("no such return", code=RefusalCode.NOT_FOUND)
    return [
        order for order in nodes(found, "reverseFulfillmentOrders") if order.get("status") == "OPEN" and order.get("id")
    ]


def build_deliveries(reply: Reply, note: TrackingNote) -> list[Node]:
    """One set of mutation variables for each open reverse fulfilment order that does not carry our waybill yet.

    An empty list of lines means all goods. The carrier's name cannot be told: Shopify derives it from number and address.
    Raises Refused where the return has nothing open and our waybill is not there either.
    """
    orders = _open_orders(reply)
    everywhere = nodes(read_data(reply), "return", "reverseFulfillmentOrders")
    if not orders and note.waybill not in numbers(everywhere):
        raise Refused("the return has no open reverse fulfilment order", code=RefusalCode.WINDOW_CLOSED)
    tracking = {"number": note.waybill, **({"url": note.tracking_url} if note.tracking_url else {})}
    return [
        {
            "order": words(order.get("id")),
            "lines": [],
            "tracking": tracking,
            "label": {"fileUrl": note.label_url} if note.label_url else None,
        }
        for order in orders
        if note.waybill not in numbers([order])
    ]


def build_answer(reply: Reply, decision: Decision) -> Node | None:
    """The input of the mutation that answers a request; None where it was answered so. Raises Refused where it is past."""
    found = node(read_data(reply), "return")
    if not found:
        raise Refused("no such return", code=RefusalCode.NOT_FOUND)
    status, return_id = words(found.get("status"), 100) or "", words(found.get("id"), 100)
    if status in codes.ANSWERED[decision.kind]:
        return None
    if status != "REQUESTED":
        raise Refused("the request is answered otherwise", code=RefusalCode.WINDOW_CLOSED, wire_code=status)
    if decision.kind is DecisionKind.APPROVED:
        return {"input": {"id": return_id}}
    note = {"declineNote": decision.reason} if decision.reason else {}
    return {"input": {"id": return_id, "declineReason": "OTHER", **note}}


def require_disposition(decision: Decision, location: str | None) -> str:
    """Shopify's word for the decision. Raises Unsupported for a refund, and for a restock without a location."""
    word = codes.DISPOSITIONS.get(decision.kind)
    if word is None:
        raise Unsupported(f"Shopify takes no {decision.kind} from us", field="kind")
    if word == "RESTOCKED" and not location:
        raise Unsupported("restocking needs the account's location_id", field="location_id")
    return word


def build_dispositions(reply: Reply, word: str, location: str | None) -> list[Node]:
    """What is still to be disposed so, line by line; nothing where all of it is."""
    place = {"locationId": location} if location else {}
    return [
        {"reverseFulfillmentOrderLineItemId": line_id, "quantity": left, "dispositionType": word, **place}
        for order in _open_orders(reply)
        for line_id, left in _left(order, word)
    ]


def _left(order: Node, word: str) -> Iterator[tuple[str, int]]:
    done = codes.FINAL_DISPOSITIONS | {word}
    for line in nodes(order, "lineItems"):
        gone = sum(whole(each.get("quantity")) for each in nodes(line, "dispositions") if each.get("type") in done)
        left = whole(line.get("totalQuantity")) - gone
        if (line_id := words(line.get("id"))) and left > 0:
            yield line_id, left
