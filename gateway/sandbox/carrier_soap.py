"""The sandbox carrier over SOAP 1.1, document/literal: the same world as over REST, spoken another way.

    POST /carrier/soap      SOAPAction urn:homeward:sandbox:carrier:1:<operation>

Operations: CreateShipment, FindShipments, ListShipments, CancelShipment, GetLabel, TrackShipments, BookPickup, FindPickups,
CancelPickup; their shape is in `adapters/carriers/sandbox_soap/wsdl/sandbox.wsdl`. A refusal is a Fault with status 500
and its code in the detail. A repeated booking is a second booking. A label is a second call. A scan's time is local to its
place and carries no offset. Any user is let in whose password does not contain "wrong"; the user is the account.
"""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from aiohttp import web

from adapters.toolkit import xml
from gateway.sandbox.carrier import Collection, Refusal, Shipment
from gateway.sandbox.carrier_rest import read_instant
from gateway.sandbox.desk import Desk
from gateway.sandbox.papers import build_label
from gateway.sandbox.scripts import Answer
from schemas.errors import Unintelligible

Json = dict[str, Any]
Operation = Callable[["Soap", xml.Element, str, str], Json]
NAMESPACE = "urn:homeward:sandbox:carrier:1"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
BATCH = 20
PLACES = {
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "JP": "Asia/Tokyo",
}


def markup(content: object) -> str:
    """Elements from a dictionary: a list repeats its element, None leaves it out."""
    if not isinstance(content, dict):
        return escape(str(content))
    pairs = [(name, one) for name, value in content.items() for one in (value if isinstance(value, list) else [value])]
    return "".join(f"<s:{name}>{markup(one)}</s:{name}>" for name, one in pairs if one is not None)


def envelope(body: str, status: int = 200) -> Answer:
    head = f'<soap:Envelope xmlns:soap="{ENVELOPE}" xmlns:s="{NAMESPACE}"><soap:Body>'
    text = f'<?xml version="1.0" encoding="utf-8"?>{head}{body}</soap:Body></soap:Envelope>'
    return Answer(status, text.encode(), "text/xml; charset=utf-8")


class Soap:
    """Reads envelopes, asks the world, writes envelopes."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.world = desk, desk.carrier

    def refusal(self, refusal: Refusal, *, in_200: bool = False) -> Answer:
        detail = markup({"Error": {"Code": refusal.code, "Field": refusal.field or None}})
        text = f"<faultcode>soap:Client</faultcode><faultstring>{escape(refusal.text)}</faultstring>"
        return envelope(f"<soap:Fault>{text}<detail>{detail}</detail></soap:Fault>", 200 if in_200 else 500)

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/carrier/soap", self.handle)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            body = xml.child(xml.parse(await request.read()), "Body")
            asked = next(iter(body)) if body is not None and len(body) else None
        except Unintelligible:
            asked = None
        name = xml.name_of(asked) if asked is not None else ""
        if asked is None or name not in OPERATIONS:
            return self.refusal(Refusal("OPERATION", "no such operation")).response()
        verb, operation = OPERATIONS[name]
        account = xml.text(asked, "Account", "User") or ""
        if not account or "wrong" in (xml.text(asked, "Account", "Password") or "wrong"):
            return self.refusal(Refusal("ACCOUNT", "user or password is wrong")).response()
        element = asked

        def act(twist: str) -> Answer:
            said = markup({f"{name}Reply": operation(self, element, account, twist)})
            return envelope(said)

        reference = xml.text(asked, "Order", "Reference") or xml.text(asked, "Pickup", "Reference")
        served: web.StreamResponse = await self.desk.serve(
            request, "soap", verb, self, act, account=account, client_ref=reference or xml.text(asked, "Reference")
        )
        return served

    def create_shipment(self, asked: xml.Element, account: str, twist: str) -> Json:
        order = read_order(xml.child(asked, "Order"))
        key = order["reference"] if self.world.settings.idempotent_soap else None
        return {"Shipment": shipment_of(self.desk.book(twist, account, "soap", order, key))}

    def find_shipments(self, asked: xml.Element, account: str, twist: str) -> Json:
        return {"Shipment": [shipment_of(one) for one in self.world.find(account, need(asked, "Reference"))]}

    def list_shipments(self, asked: xml.Element, account: str, twist: str) -> Json:
        since = read_instant(need(asked, "Since"))
        return {"Shipment": [shipment_of(one) for one in self.world.booked_since(account, since)]}

    def cancel_shipment(self, asked: xml.Element, account: str, twist: str) -> Json:
        return {"Outcome": self.world.void(need(asked, "Waybill")).upper()}

    def get_label(self, asked: xml.Element, account: str, twist: str) -> Json:
        shipment = self.world.get(need(asked, "Waybill"))
        form = shipment.order["label_format"]
        return {
            "Label": [
                {
                    "Piece": piece,
                    "Format": form.upper(),
                    "Data": base64.b64encode(build_label(form, shipment.waybill, piece, shipment.order)).decode(),
                }
                for piece in shipment.pieces
            ]
        }

    def track_shipments(self, asked: xml.Element, account: str, twist: str) -> Json:
        waybills = [one.text or "" for one in xml.children(asked, "Waybill")]
        if len(waybills) > BATCH:
            raise Refusal("TOO_MANY", f"at most {BATCH} waybills", "Waybill")
        known = [self.world.shipments[waybill] for waybill in waybills if waybill in self.world.shipments]
        return {
            "Shipment": [{"Waybill": one.waybill, "Event": [event_of(scan) for scan in one.scans]} for one in known],
            "Unknown": [waybill for waybill in waybills if waybill not in self.world.shipments],
        }

    def book_pickup(self, asked: xml.Element, account: str, twist: str) -> Json:
        wanted = {
            "reference": xml.text(asked, "Pickup", "Reference"),
            "ready_at": xml.text(asked, "Pickup", "Ready"),
            "close_at": xml.text(asked, "Pickup", "Close"),
            "waybills": [one.text for one in xml.descendants(asked, "Waybill")],
        }
        return {"Pickup": pickup_of(self.world.book_pickup(account, "soap", wanted))}

    def find_pickups(self, asked: xml.Element, account: str, twist: str) -> Json:
        return {"Pickup": [pickup_of(one) for one in self.world.find_pickups(account, need(asked, "Reference"))]}

    def cancel_pickup(self, asked: xml.Element, account: str, twist: str) -> Json:
        return {"Outcome": self.world.cancel_pickup(need(asked, "Confirmation")).upper()}


OPERATIONS: dict[str, tuple[str, Operation]] = {
    "CreateShipment": ("book", Soap.create_shipment),
    "FindShipments": ("find", Soap.find_shipments),
    "ListShipments": ("find", Soap.list_shipments),
    "CancelShipment": ("void", Soap.cancel_shipment),
    "GetLabel": ("label", Soap.get_label),
    "TrackShipments": ("track", Soap.track_shipments),
    "BookPickup": ("pickup", Soap.book_pickup),
    "FindPickups": ("find_pickup", Soap.find_pickups),
    "CancelPickup": ("cancel_pickup", Soap.cancel_pickup),
}


def need(asked: xml.Element, name: str) -> str:
    value = xml.text(asked, name)
    if value is None:
        raise Refusal("DATA_MISSING", f"{name} is required", name)
    return value


def read_order(asked: xml.Element | None) -> Json:
    """The common form of a booking, as the REST body has it."""
    return {
        "reference": xml.text(asked, "Reference"),
        "service": xml.text(asked, "Service"),
        "ship_on": xml.text(asked, "ShipDate"),
        "from": read_party(xml.child(asked, "From") if asked is not None else None),
        "to": read_party(xml.child(asked, "To") if asked is not None else None),
        "pieces": [{"grams": int(need(one, "Grams"))} for one in xml.children(asked, "Piece")]
        if asked is not None
        else [],
        "label_format": (xml.text(asked, "LabelFormat") or "PDF").lower(),
        "references": [
            {"kind": xml.text(one, "Kind"), "value": xml.text(one, "Value")}
            for one in (xml.children(asked, "OtherReference") if asked is not None else ())
        ],
        "insured": {"amount": amount, "currency": xml.text(asked, "Insured", "Currency") or "EUR"}
        if (amount := xml.text(asked, "Insured", "Amount"))
        else None,
    }


def read_party(asked: xml.Element | None) -> Json | None:
    if asked is None:
        return None
    return {
        "name": xml.text(asked, "Name"),
        "lines": [one.text or "" for one in xml.children(asked, "Line")],
        "city": xml.text(asked, "City"),
        "postal_code": xml.text(asked, "PostalCode"),
        "country": xml.text(asked, "Country"),
    }


def shipment_of(shipment: Shipment) -> Json:
    return {
        "Waybill": shipment.waybill,
        "Reference": shipment.reference,
        "Status": "BOOKED" if shipment.live else "VOID",
        "BookedAt": shipment.created_at.isoformat(),
        "Piece": shipment.pieces,
        "Charge": [
            {"Code": one["code"], "Text": one["text"], "Amount": one["amount"], "Currency": one["currency"]}
            for one in shipment.charges
        ],
    }


def event_of(scan: Json) -> Json:
    place = scan.get("place") or {}
    return {
        "Id": scan["id"],
        "Code": scan["code"],
        "Text": scan.get("text") or None,
        "LocalTime": local_time(str(scan["at"]), place.get("country")),
        "City": place.get("city"),
        "Country": place.get("country"),
        "Piece": scan.get("piece"),
    }


def local_time(text: str, country: str | None) -> str:
    """The clock on the wall there; what was no instant to begin with stays as it was written."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is not None:
        moment = moment.astimezone(ZoneInfo(PLACES.get(country or "", "UTC"))).replace(tzinfo=None)
    return moment.isoformat()


def pickup_of(collection: Collection) -> Json:
    return {
        "Confirmation": collection.confirmation,
        "Reference": collection.reference,
        "Ready": collection.ready_at,
        "Close": collection.close_at,
    }
