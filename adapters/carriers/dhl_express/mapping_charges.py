"""Prices: DHL repeats every price per currency kind (billing, public list, base); the billing block is read, once."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.carriers.dhl_express.codes import CHARGE_NAMES, CHARGES, TOTALS
from adapters.carriers.dhl_express.mapping import items, local, open_reply, word, zone_of
from adapters.toolkit.http import Reply
from schemas.charges import Charge, ChargeType, Quote
from schemas.errors import Unintelligible
from schemas.iso import HINTS
from schemas.values import Money

BILLING = "BILLC"


def read_charges(blocks: object) -> tuple[Charge, ...]:
    """The lines of a booking's `shipmentCharges`; a price that is not split is one line of unknown type."""
    block = billing_block(blocks)
    lines = read_lines(items(block.get("serviceBreakdown")), currency_of(block))
    whole = money(block.get("price"), currency_of(block))
    if lines or whole is None or not whole.amount:
        return lines
    return (Charge(type=ChargeType.UNKNOWN, money=whole, wire_text="price of the shipment, not split"),)


def read_quotes(reply: Reply, origin: str | None = None, destination: str | None = None) -> tuple[Quote, ...]:
    """One quote per product of `/rates`. Local times are read in the zone of their service area, else of the country
    (`origin`, `destination`) where that has one zone, else left out."""
    body = open_reply(reply)
    if "products" not in body:
        raise Unintelligible("no products in the reply", wire_code=str(reply.status))
    found = (_quote(product, origin, destination) for product in items(body["products"]))
    return tuple(quote for quote in found if quote)


def _quote(product: dict[str, Any], origin: str | None, destination: str | None) -> Quote | None:
    code = word(product.get("productCode"), 100)
    if not code:
        return None
    total = billing_block(product.get("totalPrice"))
    detail = billing_block(product.get("detailedPriceBreakdown"))
    delivery, pickup = _one(product.get("deliveryCapabilities")), _one(product.get("pickupCapabilities"))
    there = zone_of(word(delivery.get("destinationServiceAreaCode")), destination)
    here = zone_of(word(pickup.get("originServiceAreaCode")), origin)
    return Quote(
        service=code,
        name=word(product.get("productName")) or None,
        charges=read_lines(items(detail.get("breakdown")), currency_of(detail)) or _summary(product),
        total=money(total.get("price"), currency_of(total)),
        delivery_at=local(delivery.get("estimatedDeliveryDateAndTime"), there),
        pickup_cutoff_at=local(pickup.get("localCutoffDateAndTime"), here),
    )


def _one(value: object) -> dict[str, Any]:
    return next(iter(items(value)), {})


def _summary(product: dict[str, Any]) -> tuple[Charge, ...]:
    block = billing_block(product.get("totalPriceBreakdown"))
    parts = ((word(part.get("typeCode")), part) for part in items(block.get("priceBreakdown")))
    read = ((code, money(part.get("price"), currency_of(block))) for code, part in parts)
    return tuple(
        Charge(type=TOTALS.get(code, ChargeType.UNKNOWN), money=price, wire_code=code or None)
        for code, price in read
        if price is not None and price.amount
    )


def billing_block(blocks: object) -> dict[str, Any]:
    """The block in billing currency, else the first with a currency we know: never two of them."""
    usable = [block for block in items(blocks) if money(0, currency_of(block)) is not None]
    first = next(iter(usable), {})
    return next((block for block in usable if block.get("currencyType") == BILLING), first)


def currency_of(block: dict[str, Any]) -> str:
    """ISO 4217, also where DHL writes RMB."""
    code = word(block.get("priceCurrency")).upper()
    return HINTS.get(code, code)


def money(amount: object, currency: str) -> Money | None:
    """None where there is no number or no such currency."""
    try:
        return Money.of(Decimal(word(amount)), currency)
    except (InvalidOperation, ValueError):
        return None


def read_lines(lines: Iterable[dict[str, Any]], currency: str) -> tuple[Charge, ...]:
    """Every line with a price. The first without a code is the product itself; tax inside a price becomes its own line."""
    read: list[Charge] = []
    for position, line in enumerate(lines):
        price = money(line.get("price"), currency)
        if price is None or not price.amount:
            continue  # services on offer, not bought
        tax = _included_tax(line, price)
        code = word(line.get("serviceCode")) or word(line.get("typeCode"))
        name = word(line.get("name"))
        kind = _kind(code, name, is_product=position == 0)
        net = price + -tax if tax else price
        read.append(Charge(type=kind, money=net, wire_code=code or None, wire_text=name or None))
        if tax:
            read.append(Charge(type=ChargeType.TAX, money=tax, wire_code="TAX", wire_text=name or None))
    return tuple(read)


def _kind(code: str, name: str, *, is_product: bool) -> ChargeType:
    known = CHARGES.get(code) or CHARGE_NAMES.get(name.upper())
    return known or (ChargeType.FREIGHT if is_product else ChargeType.UNKNOWN)


def _included_tax(line: dict[str, Any], price: Money) -> Money | None:
    """The tax of a line, only where base price and tax are seen to make up the price."""
    taxes = [part for part in items(line.get("priceBreakdown")) if part.get("priceType") == "TAX"]
    if len(taxes) != 1:
        return None
    tax = money(taxes[0].get("price"), price.currency)
    base = money(taxes[0].get("basePrice"), price.currency)
    return tax if tax and base and tax.amount and base + tax == price else None
