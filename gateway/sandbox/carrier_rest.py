"""The sandbox carrier over REST: JSON, bearer tokens, labels in the booking reply.

    POST   /carrier/rest/v1/token                      form: grant_type, client_id, client_secret
    POST   /carrier/rest/v1/bookings                   header Idempotency-Key
    GET    /carrier/rest/v1/bookings?reference= | ?since=
    POST   /carrier/rest/v1/bookings/{waybill}/void
    POST   /carrier/rest/v1/bookings/{waybill}/renew   days; only once its hand-over limit is over
    GET    /carrier/rest/v1/bookings/{waybill}/label
    GET    /carrier/rest/v1/bookings/{waybill}/proof
    GET    /carrier/rest/v1/tracking?waybills=a,b,c    at most 50
    POST   /carrier/rest/v1/quotes
    POST   /carrier/rest/v1/pickups
    GET    /carrier/rest/v1/pickups?reference=
    DELETE /carrier/rest/v1/pickups/{confirmation}
    GET    /carrier/rest/v1/bills?since=
    POST   /carrier/rest/v1/disputes                   of a bill's lines; header Idempotency-Key
    GET    /carrier/rest/v1/disputes?reference=
    POST   /carrier/rest/v1/claims                     for goods; header Idempotency-Key
    GET    /carrier/rest/v1/claims?reference=
    POST   /carrier/rest/v1/covers                     of a parcel not handed over; header Idempotency-Key
    GET    /carrier/rest/v1/covers?reference=
    POST   /carrier/rest/v1/covers/{number}/cancel

Any client id is let in whose secret does not contain "wrong"; the client id is the account.
"""

import base64
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from aiohttp import web

from gateway.sandbox.carrier import Collection, Refusal, Shipment, price, require_order
from gateway.sandbox.covers import Covers
from gateway.sandbox.desk import Desk
from gateway.sandbox.papers import build_label, build_pdf
from gateway.sandbox.remedies import Remedies
from gateway.sandbox.scripts import Answer

Json = dict[str, Any]
Verb = Callable[["Rest", web.Request, str, Json, str], Answer]
BASE = "/carrier/rest/v1"
BATCH = 50


def say(body: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False).encode())


class Rest:
    """Reads JSON, asks the world, writes JSON."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.world, self.remedies = desk, desk.carrier, Remedies(desk.carrier)
        self.covers = Covers(desk.carrier)

    def refusal(self, refusal: Refusal, *, in_200: bool = False) -> Answer:
        error = {"code": refusal.code, "message": refusal.text, "field": refusal.field or None}
        return say({"success": False, "error": error}, 200 if in_200 else refusal.status)

    def routes(self) -> list[web.RouteDef]:
        table: list[tuple[str, str, str, Verb]] = [
            ("POST", "/bookings", "book", Rest.book),
            ("GET", "/bookings", "find", Rest.find),
            ("POST", "/bookings/{waybill}/void", "void", Rest.void),
            ("POST", "/bookings/{waybill}/renew", "renew", Rest.renew),
            ("GET", "/bookings/{waybill}/label", "label", Rest.label),
            ("GET", "/bookings/{waybill}/proof", "proof", Rest.proof),
            ("GET", "/tracking", "track", Rest.track),
            ("POST", "/quotes", "quote", Rest.quote),
            ("POST", "/pickups", "pickup", Rest.pickup),
            ("GET", "/pickups", "find_pickup", Rest.find_pickup),
            ("DELETE", "/pickups/{confirmation}", "cancel_pickup", Rest.cancel_pickup),
            ("GET", "/bills", "bills", Rest.bills),
            ("POST", "/disputes", "file_dispute", partial(Rest.file, kind="dispute")),
            ("GET", "/disputes", "find_dispute", partial(Rest.find_filed, kind="dispute")),
            ("POST", "/claims", "file_claim", partial(Rest.file, kind="claim")),
            ("GET", "/claims", "find_claim", partial(Rest.find_filed, kind="claim")),
            ("POST", "/covers", "bind_cover", Rest.bind_cover),
            ("GET", "/covers", "find_cover", Rest.find_covers),
            ("POST", "/covers/{number}/cancel", "cancel_cover", Rest.cancel_cover),
        ]
        routes = [web.route(method, BASE + path, partial(self._handle, verb, act)) for method, path, verb, act in table]
        return [web.post(f"{BASE}/token", self.token), *routes]

    async def token(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}

        def issue(twist: str) -> Answer:
            if "wrong" in form.get("client_secret", "wrong") or not form.get("client_id"):
                return say({"success": False, "error": {"code": "BAD_CREDENTIALS"}}, 401)
            token, seconds = self.desk.issue_token(form["client_id"])
            return say({"access_token": token, "token_type": "Bearer", "expires_in": seconds})

        served: web.StreamResponse = await self.desk.serve(
            request, "rest", "token", self, issue, account=form.get("client_id")
        )
        return served

    async def _handle(self, verb: str, act: Verb, request: web.Request) -> web.StreamResponse:
        account = self.desk.account_of(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if account is None:
            self.desk.note("rest", verb, "", {"refused": "token"})
            return say({"success": False, "error": {"code": "TOKEN"}}, 401).response()
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            return self.refusal(Refusal("BAD_JSON", "not JSON", status=400)).response()
        served: web.StreamResponse = await self.desk.serve(
            request,
            "rest",
            verb,
            self,
            lambda twist: act(self, request, account, body, twist),
            account=account,
            client_ref=body.get("reference") or request.query.get("reference"),
            key=request.headers.get("Idempotency-Key"),
        )
        return served

    def book(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        key = request.headers.get("Idempotency-Key") if self.world.settings.idempotent_rest else None
        return say(self._booking(self.desk.book(twist, account, "rest", body, key), labels=True), 201)

    def _booking(self, shipment: Shipment, *, labels: bool = False) -> Json:
        order = shipment.order
        return {
            "success": True,
            "waybill": shipment.waybill,
            "reference": shipment.reference,
            "state": "booked" if shipment.live else "void",
            "booked_at": shipment.created_at.isoformat(),
            "hand_over_by": shipment.hand_over_by.isoformat(),
            "pieces": shipment.pieces,
            "charges": shipment.charges,
            "labels": self._labels(shipment, order.get("label_format", "pdf")) if labels else [],
        }

    def _labels(self, shipment: Shipment, form: str) -> list[Json]:
        return [
            {
                "piece": piece,
                "format": form,
                "data": base64.b64encode(build_label(form, shipment.waybill, piece, shipment.order)).decode(),
            }
            for piece in shipment.pieces
        ]

    def find(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        if reference := request.query.get("reference"):
            found = self.world.find(account, reference)
        else:
            found = self.world.booked_since(account, read_instant(request.query.get("since", "")))
        return say({"success": True, "bookings": [self._booking(one) for one in found]})

    def void(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        outcome = self.world.void(request.match_info["waybill"])
        refund = {"voided": "submitted", "already_void": "submitted", "rejected": "none"}[outcome]
        return say({"success": True, "outcome": outcome, "refund": refund})

    def renew(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        renewed = self.world.renew(waybill := request.match_info["waybill"], int(body.get("days") or 0))
        until = self.world.get(waybill).hand_over_by
        return say({"success": True, "renewed": renewed, "hand_over_by": until.isoformat()})

    def label(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        shipment = self.world.get(request.match_info["waybill"])
        return say({"success": True, "labels": self._labels(shipment, request.query.get("format", "pdf"))})

    def proof(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        scan = self.world.proof(waybill := request.match_info["waybill"])
        signer = scan.get("signed_by", "WAREHOUSE")
        paper = build_pdf(["SANDBOX - PROOF OF DELIVERY", waybill, f"signed by {signer}", str(scan["at"])])
        data = base64.b64encode(paper).decode()
        said = {"waybill": waybill, "signed_by": signer, "delivered_at": scan["at"]}
        return say({"success": True, **said, "media_type": "application/pdf", "data": data})

    def track(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        asked = [waybill for waybill in request.query.get("waybills", "").split(",") if waybill]
        if len(asked) > BATCH:
            raise Refusal("TOO_MANY", f"at most {BATCH} waybills", "waybills")
        known = [self.world.shipments[waybill] for waybill in asked if waybill in self.world.shipments]
        shipments = [{"waybill": one.waybill, "events": [event_of(scan) for scan in one.scans]} for one in known]
        unknown = [waybill for waybill in asked if waybill not in self.world.shipments]
        return say({"success": True, "shipments": shipments, "unknown": unknown})

    def quote(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        require_order(body)
        charges = price(body)
        total = str(sum(Decimal(charge["amount"]) for charge in charges))
        quote = {"service": body["service"], "charges": charges, "total": {"amount": total, "currency": "EUR"}}
        return say({"success": True, "quotes": [quote]})

    def pickup(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        key = request.headers.get("Idempotency-Key") if self.world.settings.idempotent_rest else None
        known = self.world.find_pickups(account, str(body.get("reference"))) if key else []
        return say(pickup_of(known[0] if known else self.world.book_pickup(account, "rest", body)), 201)

    def find_pickup(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        found = self.world.find_pickups(account, request.query.get("reference", ""))
        return say({"success": True, "pickups": [pickup_of(one) for one in found]})

    def cancel_pickup(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        return say({"success": True, "outcome": self.world.cancel_pickup(request.match_info["confirmation"])})

    def bills(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        since = read_instant(request.query.get("since", ""))
        issued = [entry for entry in self.world.ledger.of("billed") if entry["account"] == account]
        bills = [
            {"number": entry["number"], "issued_at": entry["at"], "media_type": "text/csv", "data": entry["data"]}
            for entry in issued
            if datetime.fromisoformat(entry["at"]) >= since
        ]
        return say({"success": True, "bills": bills})

    def file(self, request: web.Request, account: str, body: Json, twist: str, *, kind: str) -> Answer:
        key = request.headers.get("Idempotency-Key") if self.world.settings.idempotent_rest else None
        return say(self.remedies.file(kind, twist, account, body, key), 201)

    def find_filed(self, request: web.Request, account: str, body: Json, twist: str, *, kind: str) -> Answer:
        return say({"success": True, "filed": self.remedies.find(kind, account, request.query.get("reference", ""))})

    def bind_cover(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        key = request.headers.get("Idempotency-Key") if self.world.settings.idempotent_rest else None
        return say(self.covers.bind(twist, account, body, key), 201)

    def find_covers(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        return say({"success": True, "filed": self.covers.find(account, request.query.get("reference", ""))})

    def cancel_cover(self, request: web.Request, account: str, body: Json, twist: str) -> Answer:
        return say({"success": True, "outcome": self.covers.cancel(account, request.match_info["number"])})


def event_of(scan: Json) -> Json:
    """A scan as it goes over the wire, by poll and by push alike."""
    return {name: scan.get(name) for name in ("id", "code", "text", "at", "place", "piece")}


def pickup_of(collection: Collection) -> Json:
    return {
        "success": True,
        "confirmation": collection.confirmation,
        "reference": collection.reference,
        "ready_at": collection.ready_at,
        "close_at": collection.close_at,
    }


def read_instant(text: str) -> datetime:
    """An ISO 8601 instant with its offset. Raises Refusal."""
    try:
        instant = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Refusal("DATE_INVALID", "not an instant", "since") from None
    if instant.tzinfo is None:
        raise Refusal("DATE_INVALID", "an instant needs its offset", "since")
    return instant
