"""What Correios says of orders: their history until an object is posted, and which there are under one of our references."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from adapters.carriers.correios_br import codes
from adapters.carriers.correios_br.mapping import (
    BRASILIA,
    NUMBER,
    Credentials,
    error_code,
    instant,
    read_failure,
    result_of,
    said,
)
from adapters.toolkit import xml
from schemas.errors import Unintelligible
from schemas.shipments import Booking, BookingState, FoundBooking, Pickup
from schemas.tracking import TrackingEvent, TrackingStatus
from schemas.values import Waybill, tidy

OVER = frozenset({TrackingStatus.CANCELLED})


class Order(NamedTuple):
    """One order as its history tells it. `objects` are the numbers posted under it."""

    number: str
    client_ref: str | None
    objects: tuple[str, ...]
    events: tuple[TrackingEvent, ...]

    @property
    def is_live(self) -> bool:
        return not any(event.status in OVER for event in self.events)


def build_orders(numbers: Sequence[str], kind: str, credentials: Credentials) -> dict[str, Any]:
    """Arguments of `acompanharPedido`: the whole history (H) of orders of one kind, at most 30."""
    return {
        "codAdministrativo": credentials.administrative_code,
        "tipoBusca": "H",
        "tipoSolicitacao": kind,
        "numeroPedido": list(numbers),
    }


def build_by_day(day: date, kind: str, credentials: Credentials) -> dict[str, str]:
    """Arguments of `acompanharPedidoPorData`: every order of one kind that moved on this day."""
    return {
        "codAdministrativo": credentials.administrative_code,
        "tipoSolicitacao": kind,
        "data": day.strftime("%d/%m/%Y"),
    }


def days_near(sent_at: datetime, settle_seconds: int) -> Sequence[date]:
    """The day on which a call that left then can have been taken in, in Brasília; both around midnight."""
    first = sent_at.astimezone(BRASILIA).date()
    last = (sent_at + timedelta(seconds=settle_seconds)).astimezone(BRASILIA).date()
    return [first] if first == last else [first, last]


def read_orders(body: xml.Element) -> Sequence[Order]:
    """Of `acompanharPedido`. Raises Refused with `not_found` where a number is not of the kind asked for."""
    return _orders(result_of(body, "acompanharPedido"))


def read_day(body: xml.Element) -> Sequence[Order]:
    """Of `acompanharPedidoPorData`: everybody's orders of that day; nothing moved is no error."""
    result = result_of(body, "acompanharPedidoPorData")
    return () if error_code(result) in codes.NOTHING_THERE else _orders(result)


def read_found(body: xml.Element) -> Sequence[FoundBooking]:
    """The same, as bookings."""
    return [booking_of(order) for order in read_day(body)]


def _orders(result: xml.Element) -> Sequence[Order]:
    code = error_code(result)
    if code != "0":
        raise read_failure(code, said(result))
    return [_order(element) for element in xml.children(result, "coleta") if len(element)]


def _order(element: xml.Element) -> Order:
    number = xml.required(element, "numero_pedido")
    if not NUMBER.fullmatch(number):
        raise Unintelligible("an order's number that is none", wire_text=tidy(number, 100))
    ours = xml.text(element, "controle_cliente")
    posted = (xml.text(one, "numero_etiqueta") for one in xml.children(element, "objeto"))
    history = [moment for moment in xml.children(element, "historico") if len(moment)]
    return Order(
        number=number,
        client_ref=tidy(ours, 100) if ours else None,
        objects=tuple(dict.fromkeys(tidy(one, 100) for one in posted if one)),
        events=tuple(_event(moment, Waybill(number)) for moment in history),
    )


def _event(moment: xml.Element, waybill: Waybill) -> TrackingEvent:
    """An order has no place: its times are Brasília's, which is assumed."""
    code = tidy(xml.text(moment, "status") or "", 50)
    day, clock = xml.text(moment, "data_atualizacao"), xml.text(moment, "hora_atualizacao")
    at, zone = instant(day, clock)
    words = (xml.text(moment, "descricao_status"), xml.text(moment, "observacao"))
    return TrackingEvent(
        waybill=waybill,
        status=codes.ORDER_STATUSES.get(code.upper(), TrackingStatus.UNKNOWN),
        occurred_at=at,
        zone=zone,
        wire_code=code,
        wire_text=tidy(" - ".join(word for word in words if word)),
        reason=codes.ORDER_REASONS.get(code.upper()),
        wire_time=tidy(f"{day or ''} {clock or ''}", 50) or None,
    )


def booking_of(order: Order) -> FoundBooking:
    """The listing does not repeat the limit: it counts by the carrier's table until a renewal states one."""
    waybill = Waybill(order.number)
    state = BookingState.LIVE if order.is_live else BookingState.VOID
    times = [event.occurred_at for event in order.events if event.occurred_at is not None]
    booking = Booking(waybill=waybill, parcels=(waybill,), echoed_ref=order.client_ref, state=state)
    return FoundBooking(booking=booking, created_at=min(times, default=None))


def pickup_of(order: Order) -> Pickup:
    """By its number."""
    return Pickup(confirmation=order.number, confirmations=(order.number,), echoed_ref=order.client_ref)
