"""What the stub carrier says about one waybill: the sandbox carrier's JSON of 5 KB, and its XML with 19 events."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

NUMBER = "BEN000000001"
FIRST = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SCANS = (
    ("COL", "Handed over", "Lyon", "FR"),
    ("HUB", "At the hub", "Leipzig", "DE"),
    ("CIN", "At customs", "Wuhan", "CN"),
)
JSON_BYTES = 5_000
XML_EVENTS = 19


def _scan(number: int) -> dict[str, Any]:
    code, text, city, country = SCANS[number % len(SCANS)]
    at = (FIRST + timedelta(hours=5 * number)).isoformat()
    place = {"city": city, "country": country}
    return {"id": f"EV{number}", "code": code, "text": text, "at": at, "place": place, "piece": None}


def json_reply(size: int = JSON_BYTES) -> bytes:
    """As many events as fit into so many bytes."""
    events: list[dict[str, Any]] = []
    while True:
        told = {"waybill": NUMBER, "events": [*events, _scan(len(events))]}
        body = json.dumps({"success": True, "shipments": [told], "unknown": []}).encode()
        if len(body) > size and events:
            return body
        events.append(_scan(len(events)))


def _element(name: str, value: str) -> str:
    return f"<s:{name}>{escape(value)}</s:{name}>"


def _event(number: int) -> str:
    scan = _scan(number)
    at = datetime.fromisoformat(scan["at"]).replace(tzinfo=None).isoformat()
    told = {"Id": scan["id"], "Code": scan["code"], "Text": scan["text"], "LocalTime": at}
    told |= {"City": scan["place"]["city"], "Country": scan["place"]["country"]}
    return f"<s:Event>{''.join(_element(*pair) for pair in told.items())}</s:Event>"


def xml_reply(events: int = XML_EVENTS) -> bytes:
    """A SOAP envelope about one shipment."""
    shipment = _element("Waybill", NUMBER) + "".join(_event(number) for number in range(events))
    body = f"<s:TrackShipmentsReply><s:Shipment>{shipment}</s:Shipment></s:TrackShipmentsReply>"
    names = 'xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:s="urn:homeward:sandbox:carrier:1"'
    text = f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope {names}><soap:Body>{body}</soap:Body></soap:Envelope>'
    return text.encode()


def peer_json(size: int = JSON_BYTES) -> bytes:
    """The same scans in the form of DHL's Unified Tracking, which the peer reads."""
    events: list[dict[str, Any]] = []
    while True:
        scan = _scan(len(events))
        place = {"address": {"countryCode": scan["place"]["country"], "addressLocality": scan["place"]["city"]}}
        told = {"statusCode": "transit", "status": scan["code"], "description": scan["text"]}
        events.append({"timestamp": scan["at"][:19], "location": place, **told})
        shipment = {"id": NUMBER, "service": "express", "status": events[-1], "events": events}
        body = json.dumps({"shipments": [shipment]}).encode()
        if len(body) > size:
            return body


def peer_xml(events: int = XML_EVENTS) -> bytes:
    """The same scans in the form of DHL24 (Poland), which the peer reads."""
    items = []
    for scan in map(_scan, range(events)):
        told = {"status": scan["code"], "description": scan["text"], "terminal": scan["place"]["city"]}
        told["timestamp"] = scan["at"][:19].replace("T", " ")
        items.append(f"<item>{''.join(f'<{name}>{escape(value)}</{name}>' for name, value in told.items())}</item>")
    result = f"<shipmentId>{NUMBER}</shipmentId><receivedBy/><events>{''.join(items)}</events>"
    body = f"<d:getTrackAndTraceInfoResult>{result}</d:getTrackAndTraceInfoResult>"
    names = 'xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:d="https://dhl24.com.pl/webapi2/provider/"'
    body = f"<d:getTrackAndTraceInfoResponse>{body}</d:getTrackAndTraceInfoResponse>"
    return f"<soap:Envelope {names}><soap:Body>{body}</soap:Body></soap:Envelope>".encode()
