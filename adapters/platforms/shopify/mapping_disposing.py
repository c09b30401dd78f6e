"""What we tell Shopify of goods that came back: for each unit what it is now in the shop's inventory. It is built from what
stands there already, so that telling it twice changes nothing; what cannot truly be told is refused, for a person to tell."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from adapters.platforms.shopify import codes
from adapters.platforms.shopify.mapping import Node, node, nodes, read_data, whole, words
from adapters.toolkit.http import Reply
from schemas.errors import RefusalCode, Refused, Unsupported
from schemas.returns import Decision, DecisionKind

Wanted = Mapping[str, int]
"""Units by disposition."""


def require_disposable(decision: Decision) -> None:
    """Raises Unsupported for a refund, and for a decision whose units nobody has told apart."""
    if decision.kind not in codes.DISPOSITIONS:
        raise Unsupported(f"Shopify takes no {decision.kind} from us", field="kind")
    if codes.DISPOSITIONS[decision.kind] is None and not decision.lines:
        raise Unsupported("which units can be sold again was not recorded", field="lines")


def build_dispositions(reply: Reply, decision: Decision, location: str | None) -> list[Node]:
    """What is still to be disposed, line by line; nothing where all of it is.

    Raises Unsupported for what cannot truly be told, Refused where something else stands there already.
    """
    found = node(read_data(reply), "return")
    orders = [order for order in nodes(found, "reverseFulfillmentOrders") if order.get("status") != "CANCELED"]
    if not orders:
        raise Refused("the return has no goods to dispose of", code=RefusalCode.NOT_FOUND)
    if any(_more(each) for each in (found, *orders)):
        raise Unsupported("more lines than we look over", field="lines")
    lines = [(order, line) for order in orders for line in nodes(order, "lineItems")]
    seen = _seen(found, [line for _, line in lines], decision)
    goods = [one for order, line in lines for one in _left(order, line, _wanted(line, decision, seen))]
    return [_input(line_id, word, left, location) for line_id, word, left in goods]


def _more(part: Node) -> bool:
    paged = ("reverseFulfillmentOrders", "returnLineItems", "lineItems")
    return any(node(part, name, "pageInfo").get("hasNextPage") is True for name in paged)


def _sold(line: Node) -> str:
    """The delivered line that a line of a return, and the goods of it, go by."""
    return words(node(line, "fulfillmentLineItem").get("id"), 100) or ""


def _seen(found: Node, lines: Sequence[Node], decision: Decision) -> Mapping[str, Counter[str]]:
    """What was inspected, in Shopify's words, by the delivered line."""
    sold = {words(line.get("id"), 100): _sold(line) for line in nodes(found, "returnLineItems")}
    there, seen = Counter(_sold(line) for line in lines), dict[str, Counter[str]]()
    for line in decision.lines:
        at = sold.get(line.line_id) or ""
        if not at or there[at] != 1:
            raise Unsupported("a line inspected is not one line of goods there", field="lines")
        word = codes.CONDITIONS.get(line.condition)
        if decision.kind is DecisionKind.REJECTED and word != "MISSING":
            word = codes.DISPOSITIONS[decision.kind]
        if word is None:
            raise Unsupported(f"whether goods that are {line.condition} are sold again is for a person", field="lines")
        seen.setdefault(at, Counter())[word] += line.quantity
    if decision.kind is DecisionKind.PART and not any(set(each) - {"RESTOCKED"} for each in seen.values()):
        raise Unsupported("which units are not accepted was not recorded", field="lines")
    return seen


def _wanted(line: Node, decision: Decision, seen: Mapping[str, Counter[str]]) -> Wanted:
    wanted = Counter(seen.get(_sold(line), {}))
    rest = whole(line.get("totalQuantity")) - wanted.total()
    word = codes.DISPOSITIONS[decision.kind]
    if rest < 0 or (rest and word is None):
        raise Unsupported("not every unit was told apart", field="lines")
    if word is not None:
        wanted[word] += rest
    return +wanted


def _left(order: Node, line: Node, wanted: Wanted) -> Iterator[tuple[str, str, int]]:
    """Raises Refused where another final disposition stands in place of ours, and where the order is closed to ours."""
    stands = Counter[str]()
    for each in nodes(line, "dispositions"):
        stands[words(each.get("type"), 100) or ""] += whole(each.get("quantity"))
    over = {word for word in codes.FINAL_DISPOSITIONS if stands[word] > wanted.get(word, 0)}
    if over:
        raise Refused("disposed otherwise", code=RefusalCode.WINDOW_CLOSED, wire_code=min(over))
    for word, quantity in wanted.items():
        if (left := quantity - stands[word]) <= 0:
            continue
        line_id = words(line.get("id"))
        if order.get("status") != "OPEN" or line_id is None:
            raise Refused(
                "the goods are closed to us", code=RefusalCode.WINDOW_CLOSED, wire_code=words(order.get("status"))
            )
        yield line_id, word, left


def _input(line_id: str, word: str, left: int, location: str | None) -> Node:
    if word == "RESTOCKED" and not location:
        raise Unsupported("restocking needs the account's location_id", field="location_id")
    place = {"locationId": location} if location else {}
    return {"reverseFulfillmentOrderLineItemId": line_id, "quantity": left, "dispositionType": word, **place}
