"""Talks to the sandbox carrier over REST. Every verb: build, send, read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, SecretStr

from adapters.carriers.sandbox_rest import (
    codes,
    mapping,
    mapping_booking,
    mapping_filing,
    mapping_requests,
    mapping_tracking,
)
from adapters.seam import (
    Carrier,
    CarrierAccount,
    CarrierProfile,
    LookUp,
    Pace,
    Reader,
    RenewalTerms,
    Service,
    credentials_of,
)
from adapters.toolkit.auth import Token, hmac_sha256, require_signature
from adapters.toolkit.http import Call, Http, Reply
from schemas.acceptance import Clock, DeadlinePolicy, LimitUnit, PolicySource
from schemas.charges import Quote
from schemas.covers import CoverRequest, Policy
from schemas.customs_fields import rows
from schemas.errors import SignatureRejected
from schemas.filings import ClaimRequest, DisputeRequest, Filing
from schemas.messages import Document, InboundMessage, Trust
from schemas.shipments import Booking, BookingRequest, FoundBooking, Pickup, PickupRequest, Renewal, VoidReceipt
from schemas.starts import ClaimKind, ClockStart
from schemas.tracking import ProofOfDelivery, TrackingEvent, TrackingReport
from schemas.values import ClientRef, Waybill

PUSH_TOLERANCE_SECONDS = 300


class Credentials(BaseModel):
    """What the sandbox carrier asks for. Any secret will do that does not contain "wrong"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str
    client_secret: SecretStr
    push_secret: SecretStr = SecretStr("")
    """Signs the carrier's own messages to us; empty where it sends none."""


HAND_OVER = DeadlinePolicy(
    clock=Clock.HAND_OVER,
    amount=10,
    unit=LimitUnit.CALENDAR_DAYS,
    source=PolicySource.CARRIER_TABLE,
    because="the sandbox's own rule",
)
ACCEPTANCE = DeadlinePolicy(
    clock=Clock.ACCEPTANCE,
    amount=5,
    unit=LimitUnit.BUSINESS_DAYS,
    calendar="CN",
    source=PolicySource.CARRIER_TABLE,
    because="the sandbox's own rule",
)
HOLD = DeadlinePolicy(
    clock=Clock.HOLD,
    amount=7,
    unit=LimitUnit.CALENDAR_DAYS,
    source=PolicySource.CARRIER_TABLE,
    because="the sandbox's own rule",
)
CLAIMS = tuple(
    DeadlinePolicy(
        clock=Clock.CLAIM,
        about=about,
        amount=days,
        unit=LimitUnit.CALENDAR_DAYS,
        starts=starts,
        source=PolicySource.CARRIER_TABLE,
        because="the sandbox's own rule",
    )
    for about, days, starts in (
        (ClaimKind.LOSS, 60, ClockStart.HANDED_OVER),
        (ClaimKind.DAMAGE, 14, ClockStart.DELIVERED),
        (ClaimKind.DELAY, 21, ClockStart.DELIVERED),
    )
)


class SandboxRest(Carrier):
    """The sandbox carrier as one client id sees it."""

    profile: ClassVar[CarrierProfile] = CarrierProfile(
        id="sandbox_rest",
        bills_as="sandbox",
        name="Sandbox carrier (REST)",
        protocol="rest",
        api_version="1",
        documentation="gateway/sandbox/carrier_rest.py",
        services=tuple(Service(code=code, name=name) for code, name in codes.SERVICES.items()),
        reference_length=35,
        tracking_batch=50,
        pace=Pace(per_second=2000.0, concurrency=64, source="the sandbox's own rule"),
        look_up=LookUp.IDEMPOTENT,
        look_up_proof="the same Idempotency-Key gives the same booking; GET /bookings?reference= finds it",
        settle_seconds=2,
        total_seconds=10.0,
        hand_over=HAND_OVER,
        acceptance=ACCEPTANCE,
        holds=(HOLD,),
        claims=CLAIMS,
        customs_fields=rows(codes.CUSTOMS, "the sandbox's own rule"),
        renewal=RenewalTerms(shortest=1, longest=30, only_expired=True, source="the sandbox's own rule"),
        credentials=Credentials,
    )
    readers: ClassVar[Mapping[str, Reader]] = {
        "booking": mapping_booking.read_booking,
        "find": mapping_booking.read_found,
        "void": mapping_booking.read_void,
        "renewal": mapping_booking.read_renewal,
        "quote": mapping_booking.read_quotes,
        "tracking": mapping_tracking.read_report,
        "pickup": mapping_booking.read_pickup,
        "find_pickup": mapping_booking.read_pickups,
        "proof": mapping_tracking.read_proof,
        "bills": mapping_tracking.read_bills,
        "filing": mapping_filing.read_filing,
        "find_filing": mapping_filing.read_filings,
        "cover": mapping_filing.read_policy,
        "find_cover": mapping_filing.read_policies,
    }
    read_error = staticmethod(mapping.read_error)

    def __init__(self, account: CarrierAccount, http: Http) -> None:
        super().__init__(account, http)
        self.credentials = credentials_of(account, Credentials)
        self.base = (account.base_url or "http://127.0.0.1:8090/carrier/rest/v1").rstrip("/")

    async def book(self, request: BookingRequest) -> Booking:
        key = {"Idempotency-Key": request.client_ref}
        return mapping_booking.read_booking(
            await self._create("book", "/bookings", mapping_requests.build_booking(request), key)
        )

    async def find_bookings(self, client_ref: ClientRef) -> Sequence[FoundBooking]:
        return mapping_booking.read_found(await self._read("find", "GET", "/bookings", {"reference": client_ref}))

    async def list_bookings(self, since: datetime) -> Sequence[FoundBooking]:
        return mapping_booking.read_found(await self._read("list", "GET", "/bookings", {"since": since.isoformat()}))

    async def void(self, waybill: Waybill) -> VoidReceipt:
        return mapping_booking.read_void(
            await self._create("void", f"/bookings/{mapping_requests.in_path(waybill)}/void", {})
        )

    async def renew(self, waybill: Waybill, days: int) -> Renewal:
        path = f"/bookings/{mapping_requests.in_path(waybill)}/renew"
        return mapping_booking.read_renewal(await self._create("renew", path, {"days": days}))

    async def quote(self, request: BookingRequest) -> Sequence[Quote]:
        call = Call.read("quote", "POST", f"{self.base}/quotes", json=mapping_requests.build_booking(request))
        return mapping_booking.read_quotes(await self._send(call))

    async def track(self, waybills: Sequence[Waybill]) -> TrackingReport:
        reply = await self._read("track", "GET", "/tracking", {"waybills": ",".join(waybills)})
        return mapping_tracking.read_report(reply, self.account.zone)

    async def book_pickup(self, request: PickupRequest) -> Pickup:
        key = {"Idempotency-Key": request.client_ref}
        return mapping_booking.read_pickup(
            await self._create("pickup", "/pickups", mapping_requests.build_pickup(request), key)
        )

    async def cancel_pickup(self, pickup: Pickup) -> VoidReceipt:
        path = f"/pickups/{mapping_requests.in_path(pickup.confirmation)}"
        return mapping_booking.read_void(await self._send(Call.create("cancel_pickup", "DELETE", self.base + path)))

    async def find_pickups(self, client_ref: ClientRef) -> Sequence[Pickup]:
        return mapping_booking.read_pickups(
            await self._read("find_pickup", "GET", "/pickups", {"reference": client_ref})
        )

    async def fetch_proof(self, waybill: Waybill) -> ProofOfDelivery:
        return mapping_tracking.read_proof(
            await self._read("proof", "GET", f"/bookings/{mapping_requests.in_path(waybill)}/proof", {})
        )

    async def fetch_invoices(self, since: datetime) -> Sequence[Document]:
        return mapping_tracking.read_bills(await self._read("bills", "GET", "/bills", {"since": since.isoformat()}))

    async def file_dispute(self, request: DisputeRequest) -> Filing:
        key, body = {"Idempotency-Key": request.client_ref}, mapping_filing.build_dispute(request)
        return mapping_filing.read_filing(await self._create("file_dispute", "/disputes", body, key))

    async def find_disputes(self, client_ref: ClientRef) -> Sequence[Filing]:
        reply = await self._read("find_dispute", "GET", "/disputes", {"reference": client_ref})
        return mapping_filing.read_filings(reply)

    async def file_claim(self, request: ClaimRequest) -> Filing:
        key, body = {"Idempotency-Key": request.client_ref}, mapping_filing.build_claim(request)
        return mapping_filing.read_filing(await self._create("file_claim", "/claims", body, key))

    async def find_claims(self, client_ref: ClientRef) -> Sequence[Filing]:
        return mapping_filing.read_filings(await self._read("find_claim", "GET", "/claims", {"reference": client_ref}))

    async def bind_cover(self, request: CoverRequest) -> Policy:
        key, body = {"Idempotency-Key": request.client_ref}, mapping_filing.build_cover(request)
        return mapping_filing.read_policy(await self._create("bind_cover", "/covers", body, key))

    async def find_covers(self, client_ref: ClientRef) -> Sequence[Policy]:
        return mapping_filing.read_policies(await self._read("find_cover", "GET", "/covers", {"reference": client_ref}))

    async def cancel_cover(self, number: str) -> VoidReceipt:
        path = f"/covers/{mapping_requests.in_path(number)}/cancel"
        return mapping_booking.read_void(await self._create("cancel_cover", path, {}))

    def verify(self, message: InboundMessage) -> Trust:
        """HMAC-SHA256 over `timestamp.body`, hexadecimal, at most five minutes old."""
        secret, stamp = self.credentials.push_secret.get_secret_value(), message.header("x-sandbox-timestamp") or ""
        if not secret or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            raise SignatureRejected("no secret, or no time of signing")
        if abs(message.received_at.timestamp() - int(stamp)) > PUSH_TOLERANCE_SECONDS:
            raise SignatureRejected("signed too long ago, or in the future")
        digest = hmac_sha256(secret, stamp.encode() + b"." + message.body).hex()
        require_signature(message.header("x-sandbox-signature"), [f"sha256={digest}"])
        return Trust.SIGNED

    def read_push(self, message: InboundMessage) -> Sequence[TrackingEvent]:
        return mapping_tracking.read_push(message.body, self.account.zone)

    async def _create(self, name: str, path: str, body: object, headers: Mapping[str, str] | None = None) -> Reply:
        return await self._send(Call.create(name, "POST", self.base + path, json=body, headers=headers or {}))

    async def _read(self, name: str, method: str, path: str, params: Mapping[str, str]) -> Reply:
        return await self._send(Call.read(name, method, self.base + path, params=params))

    async def _send(self, call: Call) -> Reply:
        token = await self.http.tokens.get(self._new_token)
        return await self.http.send(replace(call, headers={**call.headers, "Authorization": f"Bearer {token}"}))

    async def _new_token(self) -> Token:
        form = mapping_requests.build_token_request(self.credentials.client_id, self.credentials.client_secret)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        asked_at = self.http.monotonic()
        reply = await self.http.send(Call.read("token", "POST", f"{self.base}/token", content=form, headers=headers))
        return mapping.read_token(reply, asked_at)
