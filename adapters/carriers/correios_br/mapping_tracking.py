"""Scans of posted objects (SRO), and a report of orders and scans together."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from adapters.carriers.correios_br import codes
from adapters.carriers.correios_br.mapping import Credentials, instant, plain
from adapters.carriers.correios_br.mapping_orders import Order, read_orders
from adapters.toolkit import xml
from schemas.errors import CredentialsRejected, Unintelligible
from schemas.tracking import TrackingEvent, TrackingReport, TrackingStatus
from schemas.values import Place, Waybill, tidy


class Scans(NamedTuple):
    """What is known of one object. `known` is False where the carrier says that it has no such object."""

    events: tuple[TrackingEvent, ...]
    known: bool = True


def build_scans(objects: Mapping[str, str], credentials: Credentials) -> dict[str, Any]:
    """Arguments of `buscaEventosLista`: all events (T) of a list (L), in Portuguese (101)."""
    return {
        "usuario": credentials.sro_user,
        "senha": credentials.sro_password.get_secret_value(),
        "tipo": "L",
        "resultado": "T",
        "lingua": "101",
        "objetos": list(objects),
    }


def object_numbers(asked: Sequence[str], orders: Mapping[str, Order]) -> dict[str, str]:
    """The objects to ask for, each with the waybill it belongs to."""
    posted = {number: order.number for order in orders.values() for number in order.objects}
    return {**{number: number for number in asked if codes.OBJECT_FORM.fullmatch(number)}, **posted}


def read_scans(body: xml.Element) -> dict[str, Scans]:
    """Of `buscaEventosLista` and `buscaEventos`, by the object's number. Raises CredentialsRejected where the answer is
    about our password."""
    if xml.name_of(body) not in ("buscaEventosListaResponse", "buscaEventosResponse"):
        raise Unintelligible("no result of the operation in the reply")
    result = xml.child(body, "return")
    if result is None:
        raise Unintelligible("no result of the operation in the reply")
    found: dict[str, Scans] = {}
    for element in xml.children(result, "objeto"):
        wrong = xml.text(element, "erro")
        if wrong and any(word in plain(wrong) for word in codes.SRO_LOGIN_WORDS):
            raise CredentialsRejected("the SRO login is refused", wire_text=tidy(wrong, 300))
        number = tidy(xml.required(element, "numero"), 100)
        known = not (wrong and any(word in plain(wrong) for word in codes.SRO_ABSENT_WORDS))
        found[number] = Scans(_events(element, number), known)
    return found


def _events(element: xml.Element, number: str) -> tuple[TrackingEvent, ...]:
    """In the carrier's order, the newest first. A correction takes the entry before it back: that one is not told."""
    told: list[TrackingEvent] = []
    drop = False
    for scan in xml.children(element, "evento"):
        kind = tidy(xml.text(scan, "tipo") or "", 20).upper()
        retracts = kind == codes.RETRACTION
        if not drop or retracts:
            told.append(_event(scan, kind, number))
        drop = retracts
    return tuple(told)


def _event(scan: xml.Element, kind: str, number: str) -> TrackingEvent:
    given = tidy(xml.text(scan, "status") or "", 20)
    code = (kind, given.lstrip("0") or "0")
    state = xml.text(scan, "uf")
    day, clock = xml.text(scan, "data"), xml.text(scan, "hora")
    at, zone = instant(day, clock, state)
    words = (xml.text(scan, "descricao"), xml.text(scan, "detalhe"))
    return TrackingEvent(
        waybill=Waybill(number),
        status=codes.EVENTS.get(code, TrackingStatus.UNKNOWN),
        occurred_at=at,
        zone=zone,
        place=_place(scan, state),
        wire_code=f"{kind} {given}".strip(),
        wire_text=tidy(" - ".join(word for word in words if word)),
        reason=codes.REASONS.get(code),
        piece=number,
        wire_time=tidy(f"{day or ''} {clock or ''}", 50) or None,
    )


def _place(scan: xml.Element, state: str | None) -> Place | None:
    """The town, else the office; the country where the state is one of Brazil's."""
    name = xml.text(scan, "cidade") or xml.text(scan, "local")
    if not name and not state:
        return None
    home = (state or "").upper() in codes.ZONES
    return Place(
        city=tidy(name) if name else None, region=tidy(state, 20) if state else None, country="BR" if home else None
    )


def report_of(
    asked: Sequence[str], orders: Mapping[str, Order], objects: Mapping[str, str], scans: Mapping[str, Scans]
) -> TrackingReport:
    """All events under the waybills that were asked for. An object that is not scanned yet is not unknown: its order is."""
    events = [event for order in orders.values() for event in order.events]
    for number, seen in scans.items():
        waybill = Waybill(objects.get(number, number))
        events += [event.model_copy(update={"waybill": waybill}) for event in seen.events]
    absent = [one for one in asked if one not in orders and one not in objects]
    absent += [one for one in asked if one in scans and not scans[one].known]
    return TrackingReport(events=tuple(events), not_found=tuple(map(Waybill, absent)))


def read_tracking(body: xml.Element) -> TrackingReport:
    """Of `acompanharPedido`, or of the scans' service: whichever it is."""
    if xml.name_of(body) == "acompanharPedidoResponse":
        return report_of((), {order.number: order for order in read_orders(body)}, {}, {})
    scans = read_scans(body)
    return report_of(list(scans), {}, {number: number for number in scans}, scans)
