"""A running sandbox, its control desk, and the two carriers that talk to it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from adapters.registry import carrier
from adapters.seam import CarrierAccount
from adapters.toolkit.http import CAP, Http
from adapters.toolkit.transport import Answer, Client, Request, open_client
from gateway.sandbox import start_sandbox
from schemas.shipments import BookingRequest, Parcel
from schemas.values import Address, ClientRef, Money, Party, Reference, ReferenceKind, Weight

PATHS = {"sandbox_rest": "/carrier/rest/v1", "sandbox_soap": "/carrier/soap"}
CREDENTIALS = {
    "sandbox_rest": {"client_id": "linden", "client_secret": "open-sesame"},
    "sandbox_soap": {"user": "linden", "password": "open-sesame"},
}


@dataclass
class Bench:
    base: str
    client: Client

    async def tell(self, path: str, **told: Any) -> Any:
        return self._said(await self.send("POST", f"/control/{path}", json.dumps(told).encode()))

    async def ask(self, path: str) -> Any:
        return self._said(await self.send("GET", f"/control/{path}"))

    async def send(self, method: str, path: str, content: bytes = b"") -> Answer:
        headers = {"Content-Type": "application/json"} if content else {}
        return await self.client.exchange(Request(method, self.base + path, headers, content, cap=CAP))

    def _said(self, answer: Answer) -> Any:
        assert answer.status == 200, answer.content
        return json.loads(answer.content)

    def carrier(self, name: str, total_seconds: float = 5.0) -> Any:
        adapter = carrier(name)
        credentials = adapter.profile.credentials.model_validate(CREDENTIALS[name])
        account = CarrierAccount(id="a1", carrier=name, credentials=credentials, base_url=self.base + PATHS[name])
        return adapter(account, Http(self.client, total_seconds=total_seconds))

    async def live(self, reference: str) -> list[str]:
        return [one["waybill"] for one in (await self.ask("live"))["live"] if one["client_ref"] == reference]

    async def booked(self, reference: str) -> int:
        lines = (await self.ask("ledger?kind=booked"))["entries"]
        return sum(line["client_ref"] == reference for line in lines)


@asynccontextmanager
async def bench(ledger: Path | None = None, now: datetime | None = None) -> AsyncIterator[Bench]:
    runner, port = await start_sandbox(ledger, clock=(lambda: now) if now else None)
    try:
        async with open_client() as client:
            yield Bench(f"http://127.0.0.1:{port}", client)
    finally:
        await runner.cleanup()


def party(country: str) -> Party:
    return Party(name="Ann Example", address=Address(lines=("1 Road",), city="Town", country=country))


def request(reference: str, order: str = "1001") -> BookingRequest:
    return BookingRequest(
        client_ref=ClientRef(reference),
        service="RETURN",
        shipper=party("FR"),
        consignee=party("CN"),
        parcels=(Parcel(weight=Weight(grams=1200)),),
        insured_value=Money.of("120", "EUR"),
        ship_on=date(2026, 3, 2),
        references=(Reference(kind=ReferenceKind.ORDER, value=order),),
    )
