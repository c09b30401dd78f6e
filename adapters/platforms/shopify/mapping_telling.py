"""What we tell Shopify before goods come back: a waybill with its label, and the answer to a request. Each is built from what
stands there already, so that telling it twice changes nothing."""

from adapters.platforms.shopify import codes
from adapters.platforms.shopify.mapping import Node, node, nodes, read_data, words
from adapters.platforms.shopify.mapping_returns import numbers
from adapters.toolkit.http import Reply
from schemas.errors import RefusalCode, Refused
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
