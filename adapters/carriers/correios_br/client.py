"""Talks to Correios' two SOAP services. Every verb: build, send, read."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from adapters.carriers.correios_br import codes
from adapters.carriers.correios_br.mapping import Credentials, Extras, read_error, read_fault
from adapters.carriers.correios_br.mapping_booking import (
    build_booking,
    build_cancellation,
    build_pickup,
    build_renewal,
    read_booking,
    read_pickup,
    read_renewal,
    read_void,
)
from adapters.carriers.correios_br.mapping_orders import (
    Order,
    booking_of,
    build_by_day,
    build_orders,
    days_near,
    pickup_of,
    read_day,
    read_found,
    read_orders,
)
from adapters.carriers.correios_br.mapping_tracking import (
    build_scans,
    object_numbers,
    read_scans,
    read_tracking,
    report_of,
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
    StatedLimit,
    credentials_of,
)
from adapters.toolkit.auth import basic
from adapters.toolkit.http import Http
from adapters.toolkit.soap import Soap, soap_reader
from schemas.acceptance import Clock, DeadlinePolicy, LimitUnit, PolicySource
from schemas.customs_fields import rows
from schemas.errors import RefusalCode, Refused
from schemas.shipments import Booking, BookingRequest, FoundBooking, Pickup, PickupRequest, Renewal, VoidReceipt
from schemas.tracking import TrackingReport
from schemas.values import ClientRef, Waybill

WSDL = Path(__file__).parent / "wsdl"
REVERSE = "/logisticaReversaWS/logisticaReversaService/logisticaReversaWS"
REVERSE_HOST = "https://cws.correios.com.br"
SCANS = "/service/rastro"
SCANS_HOST = "https://webservice.correios.com.br"
"""The WSDL says http; a password does not travel so."""
MANUAL = "Correios, manual Web Service Logística Reversa, May 2016"
Answer = TypeVar("Answer")

HAND_OVER = DeadlinePolicy(
    clock=Clock.HAND_OVER,
    amount=10,
    unit=LimitUnit.CALENDAR_DAYS,
    source=PolicySource.CARRIER_TABLE,
    because=f"{MANUAL}: ten days where the request names none; the answer's own day goes before",
)


class CorreiosBr(Carrier):
    """Correios as one posting card sees it."""

    profile: ClassVar[CarrierProfile] = CarrierProfile(
        id="correios_br",
        name="Correios (Brazil)",
        protocol="soap",
        api_version="logisticaReversaWS (manual of May 2016), rastro (SRO 2.0)",
        documentation="https://www.correios.com.br",
        countries=("BR",),
        services=tuple(Service(code=code, name=name) for code, name in codes.SERVICES.items()),
        reference_length=20,
        tracking_batch=10,
        pace=Pace(per_second=2.0, concurrency=4),
        look_up=LookUp.SEARCHABLE,
        look_up_proof=(
            "acompanharPedidoPorData lists the orders that moved on a day, each with our id_cliente as controle_cliente: the "
            "day of the lost call is read for both kinds. By the WSDL and public clients; not proved by a call of ours, and "
            "how soon a new order is listed is written nowhere."
        ),
        settle_seconds=600,
        hand_over=HAND_OVER,
        limits=(
            StatedLimit(field="extras.validity_days", maximum=90, unit="days", source=MANUAL),
            StatedLimit(field="insured_value", maximum=10_000, unit="BRL", source=f"{MANUAL}, error 108"),
        ),
        customs_fields=rows(codes.CUSTOMS, f"{MANUAL}: orders start and end in Brazil", within=("BR",)),
        renewal=RenewalTerms(shortest=5, longest=30, only_expired=True, source=f"{MANUAL}, errors -15 and -16"),
        credentials=Credentials,
        extras=Extras,
    )
    readers: ClassVar[Mapping[str, Reader]] = {
        "booking": soap_reader(read_booking, read_fault),
        "tracking": soap_reader(read_tracking, read_fault),
        "void": soap_reader(read_void, read_fault),
        "renewal": soap_reader(read_renewal, read_fault),
        "pickup": soap_reader(read_pickup, read_fault),
        "pickup_void": soap_reader(read_void, read_fault),
        "find": soap_reader(read_found, read_fault),
    }
    read_error = staticmethod(read_error)

    def __init__(self, account: CarrierAccount, http: Http) -> None:
        super().__init__(account, http)
        self.credentials = credentials_of(account, Credentials)
        secret = self.credentials.password.get_secret_value()
        base = (account.base_url or REVERSE_HOST).rstrip("/")
        scans = self.credentials.sro_address or f"{(account.base_url or SCANS_HOST).rstrip('/')}{SCANS}"
        headers = basic(self.credentials.user, secret)
        self.reverse = Soap(self.http, WSDL / "reverse.wsdl", f"{base}{REVERSE}", read_fault, headers)
        self.scans = Soap(self.http, WSDL / "tracking.wsdl", scans, read_fault)

    async def book(self, request: BookingRequest) -> Booking:
        """An order for the counter, or with `extras.collect_on` one that is collected at the returner's."""
        arguments = build_booking(request, self.credentials)
        return read_booking(await self.reverse.create("book", "solicitarPostagemReversa", arguments))

    async def void(self, waybill: Waybill) -> VoidReceipt:
        """The number does not tell its kind; asked under the wrong one, the carrier knows no such order and does nothing."""
        return await self._cancel(waybill, codes.KINDS)

    async def renew(self, waybill: Waybill, days: int) -> Renewal:
        """Counter orders only. Raises Refused where it was used, or the contract ends before."""
        arguments = build_renewal(waybill, days, self.credentials)
        return read_renewal(await self.reverse.create("renew", "revalidarPrazoAutorizacaoPostagem", arguments))

    async def track(self, waybills: Sequence[Waybill]) -> TrackingReport:
        """The orders' own history, and the scans of the objects posted under them where the account has an SRO password.

        An object's number may stand for a waybill: then only its scans are asked for.
        """
        asked = list(waybills[: self.profile.tracking_batch])
        orders = await self._orders([number for number in asked if not codes.OBJECT_FORM.fullmatch(number)])
        objects = object_numbers(asked, orders)
        scans: dict[str, Any] = {}
        if objects and self.credentials.sro_user:
            scans = read_scans(
                await self.scans.read("track", "buscaEventosLista", build_scans(objects, self.credentials))
            )
        return report_of(asked, orders, objects, scans)

    async def find_bookings_sent(self, client_ref: ClientRef, sent_at: datetime) -> Sequence[FoundBooking]:
        """Among all orders that moved on the day of sending, in Brasília."""
        return [booking_of(order) for order in await self._under(client_ref, sent_at, codes.KINDS)]

    async def find_pickups_sent(self, client_ref: ClientRef, sent_at: datetime) -> Sequence[Pickup]:
        """Collections only; a cancelled one is none."""
        found = await self._under(client_ref, sent_at, (codes.COLLECTION,))
        return [pickup_of(order) for order in found if order.is_live]

    async def book_pickup(self, request: PickupRequest) -> Pickup:
        """An order that collects parcels which have none yet, and carries them to `consignee`."""
        arguments = build_pickup(request, self.credentials)
        return read_pickup(await self.reverse.create("pickup", "solicitarPostagemReversa", arguments))

    async def cancel_pickup(self, pickup: Pickup) -> VoidReceipt:
        """A collection may have become a counter order meanwhile."""
        return await self._cancel(pickup.confirmation, codes.KINDS[::-1])

    async def _cancel(self, number: str, kinds: Sequence[str]) -> VoidReceipt:
        async def ask(kind: str) -> VoidReceipt:
            arguments = build_cancellation(number, kind, self.credentials)
            return read_void(await self.reverse.create("void", "cancelarPedido", arguments))

        return await _by_kind(kinds, ask)

    async def _orders(self, numbers: Sequence[str]) -> dict[str, Order]:
        """What is known of each, asked as counter orders first, the rest as collections."""
        known: dict[str, Order] = {}
        for kind in codes.KINDS:
            missing = [number for number in numbers if number not in known]
            known |= {order.number: order for order in await self._asked(missing, kind)}
        return known

    async def _asked(self, numbers: Sequence[str], kind: str) -> Sequence[Order]:
        """One number that is not of this kind spoils the call for all: then the halves are asked."""
        if not numbers:
            return ()
        arguments = build_orders(numbers, kind, self.credentials)
        try:
            return read_orders(await self.reverse.read("track", "acompanharPedido", arguments))
        except Refused as error:
            if error.code is not RefusalCode.NOT_FOUND:
                raise
        half = len(numbers) // 2
        return [*await self._asked(numbers[:half], kind), *await self._asked(numbers[half:], kind)] if half else ()

    async def _under(self, client_ref: str, sent_at: datetime, kinds: Sequence[str]) -> Sequence[Order]:
        found: dict[str, Order] = {}
        for day in days_near(sent_at, self.profile.settle_seconds):
            for kind in kinds:
                arguments = build_by_day(day, kind, self.credentials)
                listed = read_day(await self.reverse.read("find", "acompanharPedidoPorData", arguments))
                found |= {order.number: order for order in listed if order.client_ref == client_ref}
        return list(found.values())


async def _by_kind(kinds: Sequence[str], ask: Callable[[str], Awaitable[Answer]]) -> Answer:
    for kind in kinds[:-1]:
        try:
            return await ask(kind)
        except Refused as error:
            if error.code is not RefusalCode.NOT_FOUND:
                raise
    return await ask(kinds[-1])
