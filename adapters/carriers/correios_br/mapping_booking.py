"""Orders at Correios: authorisation for the counter, home collection, cancelling, renewing."""

import re
from typing import Any

from adapters.carriers.correios_br import codes
from adapters.carriers.correios_br.mapping import (
    NUMBER,
    Credentials,
    brazilian_day,
    create_error,
    day_of,
    end_of_day,
    error_code,
    extras_of,
    plain,
    result_of,
    said,
)
from adapters.toolkit import xml
from schemas.errors import OutcomeUnknown, RefusalCode, Refused, Unintelligible, Unsupported
from schemas.shipments import (
    Booking,
    BookingRequest,
    Pickup,
    PickupRequest,
    RefundState,
    Renewal,
    VoidOutcome,
    VoidReceipt,
)
from schemas.values import Address, Money, Party, Waybill, tidy

HOUSE_NUMBER = re.compile(
    r"(?P<street>.*\S)\s*,\s*(?P<number>[^,]{1,20})|(?P<road>.*\D)\s(?P<last>[0-9]{1,6}\s?[A-Za-z]?)"
)


def build_booking(request: BookingRequest, credentials: Credentials) -> dict[str, Any]:
    """Arguments of `solicitarPostagemReversa`. Raises Unsupported for what cannot be said to Correios.

    One parcel an order: several objects share one number, and only some of them may be handed over.
    """
    extras = extras_of(request.extras)
    if len(request.parcels) > 1:
        raise Unsupported("an order of Correios is for one parcel", field="parcels")
    kind = codes.COUNTER
    wish = str(extras.validity_days) if extras.validity_days else None
    if extras.collect_on:
        kind = codes.COLLECTION_OR_COUNTER if extras.or_counter else codes.COLLECTION
        wish = extras.collect_on.strftime("%d/%m/%Y")
    order = {
        "tipo": kind,
        "id_cliente": request.client_ref,
        "valor_declarado": _declared(request.insured_value),
        "descricao": request.description,
        "remetente": _sender(request.shipper),
        "ag": wish,
        "obj_col": [_object(1, request.client_ref, request.parcels[0].description or request.description)],
    }
    return _asked(request.service, request.consignee, order, credentials)


def build_pickup(request: PickupRequest, credentials: Credentials) -> dict[str, Any]:
    """Arguments of `solicitarPostagemReversa` for a collection. Raises Unsupported where parcels have orders already, and
    where it is not said whom they go to or by which service."""
    if request.waybills:
        raise Unsupported("Correios collects under an order of its own: book with extras.collect_on", field="waybills")
    if request.consignee is None:
        raise Unsupported("Correios wants to know whom a collection goes to", field="consignee")
    if request.service is None:
        raise Unsupported("Correios wants to know the service of a collection", field="service")
    sender = request.contact.model_copy(update={"address": request.address})
    order = {
        "tipo": codes.COLLECTION,
        "id_cliente": request.client_ref,
        "descricao": request.instructions and tidy(request.instructions),
        "remetente": {**_sender(sender), "referencia": request.location},
        "ag": brazilian_day(request.ready_at, request.zone),
        "obj_col": [
            _object(place, request.client_ref, one.description) for place, one in enumerate(request.parcels, 1)
        ],
    }
    return _asked(request.service, request.consignee, order, credentials)


def _asked(service: str, consignee: Party, order: dict[str, Any], credentials: Credentials) -> dict[str, Any]:
    return {
        "codAdministrativo": credentials.administrative_code,
        "codigo_servico": service,
        "cartao": credentials.posting_card,
        "destinatario": _person(consignee),
        "coletas_solicitadas": [order],
    }


def _object(place: int, reference: str, description: str | None) -> dict[str, str | None]:
    return {"item": str(place), "desc": description, "id": reference}


def _declared(cover: Money | None) -> str | None:
    if cover is None:
        return None
    if cover.currency != "BRL":
        raise Unsupported(f"no declared value in {cover.currency}", field="insured_value")
    return f"{cover.amount:f}"


def _person(party: Party) -> dict[str, Any]:
    """The district (bairro) is the address's last line, where there is more than the street."""
    address = party.address
    if address.country != "BR":
        raise Unsupported("Correios' returns start and end in Brazil", field="address.country")
    street, number = _street(address.lines[0])
    area, phone = _phone(party.phone)
    return {
        "nome": f"{party.company} - {party.name}" if party.company else party.name,
        "logradouro": street,
        "numero": number,
        "complemento": address.lines[1] if len(address.lines) > 2 else None,
        "bairro": address.lines[-1] if len(address.lines) > 1 else None,
        "cidade": address.city,
        "uf": _state(address),
        "cep": re.sub(r"\D", "", address.postal_code or "") or None,
        "ddd": area,
        "telefone": phone,
        "email": party.email,
    }


def _sender(party: Party) -> dict[str, Any]:
    return {**_person(party), "identificacao": re.sub(r"\D", "", party.tax_id or "") or None}


def _street(line: str) -> tuple[str, str]:
    """The carrier keeps the house number apart; "S/N" is how Brazil writes that there is none."""
    found = HOUSE_NUMBER.fullmatch(line)
    if found is None:
        return line, "S/N"
    return (found["street"], found["number"].strip()) if found["street"] else (found["road"], found["last"])


def _state(address: Address) -> str | None:
    """The two letters of the state, from them or from its name. Raises Refused for what is neither."""
    if not address.region:
        return None
    region = plain(address.region).removeprefix("br-").strip()
    found = region.upper() if region.upper() in codes.ZONES else codes.STATES.get(region)
    if found is None:
        raise Refused("no state of Brazil", code=RefusalCode.ADDRESS_INVALID, field="address.region")
    return found


def _phone(phone: str | None) -> tuple[str | None, str | None]:
    """Area code and number; nothing where it is not a Brazilian one."""
    digits = re.sub(r"\D", "", phone or "")
    digits = digits.removeprefix("55") if len(digits) > 11 else digits
    return (digits[:2], digits[2:]) if len(digits) in (10, 11) else (None, None)


def read_booking(body: xml.Element) -> Booking:
    """Of `solicitarPostagemReversa`. The limit is the answer's own day; of a collection it is not known what it means."""
    order = _order(body)
    number = Waybill(_number(order, "numero_coleta"))
    counter = xml.text(order, "tipo") == codes.COUNTER
    last = day_of(xml.text(order, "prazo")) if counter else None
    ours = xml.text(order, "id_cliente")
    return Booking(
        waybill=number,
        parcels=(number,),
        echoed_ref=tidy(ours, 100) if ours else None,
        hand_over_by=end_of_day(last) if last else None,
        pickup_confirmation=None if counter else number,
    )


def read_pickup(body: xml.Element) -> Pickup:
    """Of `solicitarPostagemReversa` for a collection. The confirmation is the order's number."""
    order = _order(body)
    number = _number(order, "numero_coleta")
    ours = xml.text(order, "id_cliente")
    return Pickup(confirmation=number, confirmations=(number,), echoed_ref=tidy(ours, 100) if ours else None)


def _order(body: xml.Element) -> xml.Element:
    """The one order asked for. An answer that names a number is never a refusal, whatever its codes say."""
    result = result_of(body, "solicitarPostagemReversa")
    orders = [order for order in xml.children(result, "resultado_solicitacao") if len(order)]
    order = next((one for one in orders if xml.text(one, "numero_coleta")), orders[0] if orders else None)
    outer, inner = error_code(result), error_code(order, "codigo_erro") if order is not None else "0"
    code, text = (inner, said(order, "descricao_erro")) if order is not None and inner != "0" else (outer, said(result))
    if code == "0" and order is not None:
        return order
    if code == "0":
        raise Unintelligible("no order in the reply")
    if order is not None and xml.text(order, "numero_coleta"):
        raise OutcomeUnknown("an error and a number in one reply", wire_code=code, wire_text=text)
    raise create_error(code, text)


def _number(element: xml.Element, name: str) -> str:
    number = xml.required(element, name)
    if not NUMBER.fullmatch(number):
        raise Unintelligible("an order's number that is none", wire_text=tidy(number, 100))
    return number


def build_cancellation(number: str, kind: str, credentials: Credentials) -> dict[str, str]:
    """Arguments of `cancelarPedido`."""
    return {"codAdministrativo": credentials.administrative_code, "numeroPedido": number, "tipo": kind}


def read_void(body: xml.Element) -> VoidReceipt:
    """Of `cancelarPedido`. Nothing is charged before an object is posted, so there is nothing to pay back.

    -9 names the state that stands in the way: cancelled already, or used.
    """
    result = result_of(body, "cancelarPedido")
    code, text = error_code(result), said(result)
    outcome = VoidOutcome.VOIDED
    if code == codes.NOT_CANCELLABLE:
        words = plain(text or "")
        void = any(word in words for word in codes.CANCELLED_WORDS)
        outcome = VoidOutcome.ALREADY_VOID if void else VoidOutcome.REJECTED
    elif code != "0":
        raise create_error(code, text)
    elif xml.child(result, "objeto_postal") is None:
        raise Unintelligible("nothing was said of the order")
    return VoidReceipt(outcome=outcome, refund=RefundState.NOT_APPLICABLE, wire_code=code, wire_text=text)


def build_renewal(number: str, days: int, credentials: Credentials) -> dict[str, str]:
    """Arguments of `revalidarPrazoAutorizacaoPostagem`."""
    return {"codAdministrativo": credentials.administrative_code, "numeroPedido": number, "qtdeDias": str(days)}


def read_renewal(body: xml.Element) -> Renewal:
    """Of `revalidarPrazoAutorizacaoPostagem`. -16 says that it is good, and until when: that day is the answer then."""
    result = result_of(body, "revalidarPrazoAutorizacaoPostagem")
    code, text = error_code(result), said(result)
    good = code == codes.STILL_GOOD
    last = day_of(text if good else xml.text(result, "prazo"))
    if code == "0" and last is None:
        raise Unintelligible("a renewal without a day", wire_text=text)
    if last is None or not (good or code == "0"):
        raise create_error(code, text)
    return Renewal(hand_over_by=end_of_day(last), renewed=not good, wire_code=code, wire_text=text)
