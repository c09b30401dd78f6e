"""The house as the tests of its doors see it: a clock moved by hand, two exporters with their keys, one test client."""

import itertools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

from gateway.core import Gateway
from gateway.journeys import settling_in
from schemas.values import Address, Party

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WAREHOUSE = Party(
    name="Ningbo Returns",
    address=Address(lines=("1 Harbour Road",), city="Ningbo", postal_code="315000", country="CN"),
    phone="+86 574 1234567",
)
RETURNER: dict[str, Any] = {
    "name": "Camille Martin",
    "address": {"lines": ["3 rue de la Paix"], "city": "Paris", "postal_code": "75002", "country": "FR"},
    "phone": "+33 1 23 45 67 89",
    "email": "camille@example.org",
}
ITEM: dict[str, Any] = {
    "line_id": "1",
    "sku": "A-1",
    "title": "Jacket",
    "quantity": 1,
    "unit_price": {"amount": "79.90", "currency": "EUR"},
    "unit_weight": {"grams": 900},
    "hs_code": "620140",
}


def a_return(**changed: Any) -> dict[str, Any]:
    """A body for POST /v1/returns that passes every check."""
    return {"order_number": "ORDER-9", "items": [ITEM], "returner": RETURNER, **changed}


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


_keys = itertools.count(1)


@dataclass
class Api:
    """A caller with one key. Each answer comes with its JSON, so that a test reads one line."""

    client: TestClient[web.Request, web.Application]
    key: str
    exporter_id: str
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        idempotent: str | None = "fresh",
        headers: Mapping[str, str] | None = None,
        **kw: Any,
    ) -> ClientResponse:
        sent = {"Authorization": f"Bearer {self.key}", **self.headers}
        if method == "POST" and idempotent:
            sent["Idempotency-Key"] = f"test-{next(_keys)}" if idempotent == "fresh" else idempotent
        return await self.client.request(method, path, headers={**sent, **(headers or {})}, **kw)

    async def get(self, path: str, status: int = 200, **kw: Any) -> Any:
        return await self._json(await self.ask("GET", path, **kw), status)

    async def post(self, path: str, json: Any = None, status: int = 200, **kw: Any) -> Any:
        body = {"json": json} if json is not None else {}
        return await self._json(await self.ask("POST", path, **body, **kw), status)

    async def _json(self, response: ClientResponse, status: int) -> Any:
        said = await response.json(content_type=None)
        assert response.status == status, said
        return said


@dataclass
class House:
    """Everything a test may reach."""

    gw: Gateway
    clock: Clock
    client: TestClient[web.Request, web.Application]
    mine: Api
    theirs: Api
    account_id: str
    channel_id: str
    source_id: str

    async def key(self, *scopes: str, exporter_id: str | None = None) -> Api:
        owner = exporter_id or self.mine.exporter_id
        return Api(self.client, await settling_in.add_key(self.gw, owner, "test", scopes), owner)


ON_BOTH = pytest.mark.usefixtures("settings")
"""For a module's `pytestmark`: its house stands on each database in turn."""
OpenHouse = Callable[..., Awaitable[House]]
PUSH_SECRET = "whsec_c2VjcmV0LW9mLXRoZS1jYXJyaWVy"
SECRET = "whsec_c2VjcmV0LW9mLXRoZS1zaG9w"


async def settle(gw: Gateway, exporter_id: str) -> tuple[str, str, str]:
    async with gw.store.transaction(exporter_id) as tx:
        account_id = await settling_in.add_account(
            gw,
            tx,
            "sandbox_rest",
            "sandbox",
            {"client_id": "silk", "client_secret": "road", "push_secret": PUSH_SECRET},
            number="ACC-1",
        )
        channel_id = await settling_in.add_channel(tx, account_id, "Ningbo", "RETURN", WAREHOUSE, zone="Asia/Shanghai")
        source_id = await settling_in.add_source(gw, tx, "sandbox", "shop", {"webhook_secret": SECRET})
    return account_id, channel_id, source_id
