"""A whole return out of the API's answers, and the sweep for returns that changed."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from pydantic import ValidationError

from adapters.platforms.shopify import codes
from adapters.platforms.shopify.mapping import (
    Node,
    cursor,
    gid,
    instant,
    node,
    nodes,
    number,
    read_data,
    status_of,
    whole,
    words,
)
from adapters.toolkit.http import Reply
from schemas.errors import RefusalCode, Refused
from schemas.returns import LabelProvider, ListedReturns, ReturnAuthorization, ReturnItem, ReturnKind, ReturnReason
from schemas.values import EMAIL_FORM, PHONE_FORM, Address, Money, Party, Weight


def build_return_query(rma_id: str, lines: int, after: str | None = None) -> Node:
    """The variables of `RETURN`, for one page of lines."""
    return {"id": gid("Return", rma_id), "lines": lines, "after": after}


def read_lines_cursor(reply: Reply) -> str | None:
    """Where the next page of lines begins; None after the last."""
    return cursor(node(read_data(reply), "return", "returnLineItems"))


def read_return(replies: Sequence[Reply]) -> ReturnAuthorization:
    """One return, its lines spread over one or more answers. Raises Refused (not_found) where Shopify knows none."""
    pages = [node(read_data(reply), "return") for reply in replies]
    found = pages[0]
    rma_id = gid("Return", found.get("id"))
    if rma_id is None:
        raise Refused("no such return", code=RefusalCode.NOT_FOUND)
    lines = [line for page in pages for line in nodes(page, "returnLineItems")]
    order, orders = node(found, "order"), nodes(found, "reverseFulfillmentOrders")
    status, raw = status_of(found.get("status"))
    ordered_at = instant(order.get("createdAt"))
    return ReturnAuthorization(
        rma_id=rma_id,
        rma_number=words(found.get("name")),
        order_id=gid("Order", order.get("id")),
        order_number=words(order.get("name")),
        status=status,
        wire_status=raw,
        kind=ReturnKind.EXCHANGE if nodes(found, "exchangeLineItems") else ReturnKind.RETURN,
        label_provider=LabelProvider.MERCHANT,
        items=tuple(item for line in lines if (item := read_item(line)) is not None),
        returner=_read_returner(order),
        outbound_waybill=_read_outbound(order, lines),
        waybill=next(numbers(orders), None),
        platform_handle=_handle(orders),
        ordered_on=ordered_at.date() if ordered_at else None,
        requested_at=instant(found.get("createdAt")),
    )


def read_item(line: Node) -> ReturnItem | None:
    """A line of the API's answer; None where it says neither which nor how many."""
    line_id, quantity = gid("ReturnLineItem", line.get("id")), whole(line.get("quantity"))
    if line_id is None or not 0 < quantity <= 100_000:
        return None
    sold = node(line, "fulfillmentLineItem", "lineItem")
    defined = node(line, "returnReasonDefinition")
    code = words(line.get("returnReason"), 100)
    return ReturnItem(
        line_id=line_id,
        sku=words(sold.get("sku")),
        title=words(sold.get("title")),
        quantity=quantity,
        unit_price=_read_money(node(sold, "discountedUnitPriceAfterAllDiscountsSet", "presentmentMoney")),
        unit_weight=_read_weight(node(line, "totalWeight"), quantity),
        reason=codes.REASONS.get((code or "").upper(), ReturnReason.UNKNOWN),
        reason_text=_first(line.get("returnReasonNote"), line.get("customerNote"), defined.get("name"), code),
    )


def _first(*values: object) -> str | None:
    return next((text for value in values if (text := words(value, 500))), None)


def _read_money(money: Node) -> Money | None:
    # Shopify calls the unit price approximate: a discount spread over units may have more digits than the currency.
    amount = number(money.get("amount"))
    try:
        return Money.of(amount, words(money.get("currencyCode")) or "") if amount is not None else None
    except ValueError:
        return None


def _read_weight(total: Node, quantity: int) -> Weight | None:
    value, unit = number(total.get("value")), codes.GRAMS_PER_UNIT.get(words(total.get("unit")) or "")
    if value is None or unit is None:
        return None
    grams = int((value * Decimal(unit) / quantity).quantize(Decimal(1), ROUND_HALF_UP))
    return Weight(grams=grams) if 0 < grams <= 10_000_000 else None


def _read_returner(order: Node) -> Party | None:
    """The buyer at the order's shipping address; None where Shopify withholds it or it is not whole."""
    at = node(order, "shippingAddress")
    lines = tuple(line for key in ("address1", "address2") if (line := words(at.get(key), 100)))
    phone, email = words(at.get("phone")), words(order.get("email"), 254)
    try:
        return Party(
            name=words(at.get("name"), 100) or words(at.get("company"), 100) or "",
            company=words(at.get("company")),
            address=Address(
                lines=lines,
                city=words(at.get("city"), 100) or "",
                region=words(at.get("provinceCode")) or words(at.get("province")),
                postal_code=words(at.get("zip"), 16),
                country=words(at.get("countryCodeV2")) or "",
            ),
            phone=phone if phone and len(phone) <= 32 and re.match(PHONE_FORM, phone) else None,
            email=email if email and re.match(EMAIL_FORM, email) else None,
        )
    except ValidationError:
        return None


def _read_outbound(order: Node, lines: Sequence[Node]) -> str | None:
    """The number of the fulfilment that brought one of these goods."""
    returned = {words(node(line, "fulfillmentLineItem").get("id")) for line in lines} - {None}
    for fulfilment in nodes(order, "fulfillments"):
        brought = {words(line.get("id")) for line in nodes(fulfilment, "fulfillmentLineItems")}
        sent = nodes(fulfilment, "trackingInfo")
        if returned & brought and sent and (found := words(sent[0].get("number"))):
            return found
    return None


def _handle(orders: Sequence[Node]) -> str | None:
    """The first open reverse fulfilment order, else the first."""
    live = [order for order in orders if order.get("status") == "OPEN"]
    return next((found for order in [*live, *orders] if (found := words(order.get("id")))), None)


def numbers(orders: Sequence[Node]) -> Iterator[str]:
    """The waybills that reverse deliveries already carry."""
    for order in orders:
        for delivery in nodes(order, "reverseDeliveries"):
            if found := words(node(delivery, "deliverable", "tracking").get("number")):
                yield found


def read_changed(reply: Reply) -> ListedReturns:
    """The ids of the returns of one page of orders, and where the next page begins."""
    orders = read_data(reply).get("orders")
    found = [words(each.get("id"), 100) for order in nodes(orders) for each in nodes(order, "returns")]
    return ListedReturns(ids=tuple(dict.fromkeys(filter(None, found))), next=cursor(node(orders)))


def build_changed_query(since: datetime, orders: int, after: str | None) -> Node:
    """The variables of `CHANGED_RETURNS`: an order changes when one of its returns does."""
    return {"changed": f"updated_at:>='{since:%Y-%m-%dT%H:%M:%SZ}'", "orders": orders, "after": after}
