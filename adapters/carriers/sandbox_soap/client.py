"""Talks to the sandbox carrier over SOAP. Every verb: build, send, read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, SecretStr

from adapters.carriers.sandbox_soap import codes, mapping, mapping_requests
from adapters.seam import Carrier, CarrierAccount, CarrierProfile, LookUp, Pace, Reader, Service, credentials_of
from adapters.toolkit.http import Http
from adapters.toolkit.soap import Soap, soap_reader
from schemas.acceptance import Clock, DeadlinePolicy, LimitUnit, PolicySource
from schemas.customs_fields import rows
from schemas.shipments import Booking, BookingRequest, FoundBooking, Label, Pickup, PickupRequest, VoidReceipt
from schemas.starts import ClaimKind, ClockStart
from schemas.tracking import TrackingReport
from schemas.values import ClientRef, Waybill

WSDL = Path(__file__).parent / "wsdl" / "sandbox.wsdl"


class Credentials(BaseModel):
    """What the sandbox carrier asks for. Any password will do that does not contain "wrong"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: str
    password: SecretStr


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


class SandboxSoap(Carrier):
    """The sandbox carrier as one user sees it."""

    profile: ClassVar[CarrierProfile] = CarrierProfile(
        id="sandbox_soap",
        bills_as="sandbox",
        name="Sandbox carrier (SOAP)",
        protocol="soap",
        api_version="1",
        documentation="gateway/sandbox/carrier_soap.py",
        services=tuple(Service(code=code, name=name) for code, name in codes.SERVICES.items()),
        reference_length=20,
        tracking_batch=20,
        pace=Pace(per_second=2000.0, concurrency=64, source="the sandbox's own rule"),
        look_up=LookUp.SEARCHABLE,
        look_up_proof="FindShipments finds every booking under a reference, with its status, at once unless told to lag",
        settle_seconds=2,
        total_seconds=10.0,
        hand_over=HAND_OVER,
        acceptance=ACCEPTANCE,
        holds=(HOLD,),
        claims=CLAIMS,
        customs_fields=rows(codes.CUSTOMS, "the sandbox's own rule"),
        credentials=Credentials,
    )
    readers: ClassVar[Mapping[str, Reader]] = {
        "booking": soap_reader(mapping.read_booking, mapping.read_fault),
        "find": soap_reader(mapping.read_found, mapping.read_fault),
        "list": soap_reader(mapping.read_listed, mapping.read_fault),
        "void": soap_reader(mapping.read_void, mapping.read_fault),
        "label": soap_reader(mapping.read_labels, mapping.read_fault),
        "tracking": soap_reader(mapping.read_report, mapping.read_fault),
        "pickup": soap_reader(mapping.read_pickup, mapping.read_fault),
        "find_pickup": soap_reader(mapping.read_pickups, mapping.read_fault),
        "pickup_void": soap_reader(mapping.read_pickup_void, mapping.read_fault),
    }

    def __init__(self, account: CarrierAccount, http: Http) -> None:
        super().__init__(account, http)
        self.credentials = credentials_of(account, Credentials)
        address = account.base_url or "http://127.0.0.1:8090/carrier/soap"
        self.soap = Soap(self.http, WSDL, address, mapping.read_fault)

    async def book(self, request: BookingRequest) -> Booking:
        order = mapping_requests.build_order(request)
        return mapping.read_booking(await self.soap.create("book", "CreateShipment", self._with(Order=order)))

    async def find_bookings(self, client_ref: ClientRef) -> Sequence[FoundBooking]:
        return mapping.read_found(await self.soap.read("find", "FindShipments", self._with(Reference=client_ref)))

    async def list_bookings(self, since: datetime) -> Sequence[FoundBooking]:
        return mapping.read_listed(await self.soap.read("list", "ListShipments", self._with(Since=since)))

    async def void(self, waybill: Waybill) -> VoidReceipt:
        return mapping.read_void(await self.soap.create("void", "CancelShipment", self._with(Waybill=waybill)))

    async def fetch_label(self, waybill: Waybill, handle: str | None) -> Sequence[Label]:
        return mapping.read_labels(await self.soap.read("label", "GetLabel", self._with(Waybill=waybill)))

    async def track(self, waybills: Sequence[Waybill]) -> TrackingReport:
        asked = self._with(Waybill=list(waybills))
        return mapping.read_report(await self.soap.read("track", "TrackShipments", asked), self.account.zone)

    async def book_pickup(self, request: PickupRequest) -> Pickup:
        wanted = self._with(Pickup=mapping_requests.build_pickup(request))
        return mapping.read_pickup(await self.soap.create("pickup", "BookPickup", wanted))

    async def cancel_pickup(self, pickup: Pickup) -> VoidReceipt:
        asked = self._with(Confirmation=pickup.confirmation)
        return mapping.read_pickup_void(await self.soap.create("cancel_pickup", "CancelPickup", asked))

    async def find_pickups(self, client_ref: ClientRef) -> Sequence[Pickup]:
        asked = self._with(Reference=client_ref)
        return mapping.read_pickups(await self.soap.read("find_pickup", "FindPickups", asked))

    def _with(self, **arguments: Any) -> dict[str, Any]:
        account = {"User": self.credentials.user, "Password": self.credentials.password.get_secret_value()}
        return {"Account": account, **arguments}
