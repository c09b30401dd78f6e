"""The sandbox platform: shops with returns, signed webhooks that are tried again, and a small API.

    GET /platform/{shop}/returns?since=             approved returns changed since then
    GET /platform/{shop}/returns/{id}
    PUT /platform/{shop}/returns/{id}/tracking      {"carrier", "waybill", "tracking_url", "label_url"}
    PUT /platform/{shop}/returns/{id}/decision      {"decision", "decided_at", "reason", "lines"}
    PUT /platform/{shop}/returns/{id}/messages/{message}  {"id", "side", "text", "posted_at", "answer_by"}
    PUT /platform/{shop}/applications/{id}          a return applied for: requested under this id; again as it now stands
    GET /platform/{shop}/subscriptions              {"subscriptions": [{"topic", "url"}]}
    PUT /platform/{shop}/subscriptions              {"topic", "url"}

The API takes the shop's key as bearer token. Webhooks are signed by Standard Webhooks, with 1 s to connect, 5 s in all
and up to 8 tries; what was answered 2xx is the sender's log that tests compare the inbox with.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from adapters.toolkit.auth import same, standard_webhook
from gateway.sandbox.ledger import Entry, Ledger

Json = dict[str, Any]
TRIES = 8
SCHEDULE = (0.0, 0.2, 0.4, 0.8, 1.6, 3.0, 5.0, 8.0)
LIMITS = aiohttp.ClientTimeout(sock_connect=1.0, total=5.0)
SECRET = "whsec_c2FuZGJveC1zaG9wLXNlY3JldC0wMDE="
API_KEY = "sandbox-shop-key"
TOPIC = "return.changed"


@dataclass(slots=True)
class Shop:
    """One exporter's shop: where its webhooks go, how they are signed, and its returns by id."""

    name: str
    url: str = ""
    secret: str = SECRET
    api_key: str = API_KEY
    returns: dict[str, Json] = field(default_factory=dict)


class Platform:
    """Shops, deliveries and what the platform was told. Returns and 2xx answers are ledger lines."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.shops: dict[str, Shop] = {}
        self.schedule: Sequence[float] = SCHEDULE
        self.tries: list[Json] = []
        self.stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        for entry in ledger.of("shop", "return_changed"):
            self._apply(entry)

    def _apply(self, entry: Entry) -> None:
        if entry["kind"] == "shop":
            shop = self.shops.setdefault(entry["shop"], Shop(entry["shop"]))
            shop.url, shop.secret, shop.api_key = entry["url"], entry["secret"], entry["api_key"]
        else:
            self.shops.setdefault(entry["shop"], Shop(entry["shop"])).returns[entry["return"]["id"]] = entry["return"]

    def shop(self, name: str) -> Shop:
        return self.shops.setdefault(name, Shop(name))

    def set_shop(self, name: str, told: Json) -> None:
        """Where this shop's webhooks go, and with which secrets."""
        shop = self.shop(name)
        facts = {key: told.get(key, getattr(shop, key)) for key in ("url", "secret", "api_key")}
        self._apply(self.ledger.write("shop", shop=name, **facts))

    def change(self, name: str, told: Json) -> Json:
        """Create a return or change it; fields not told stay. Its `updated_at` is now unless told."""
        known = self.shop(name).returns.get(str(told["id"]), {})
        merged = {**known, "updated_at": self.ledger.clock().isoformat(), **told}
        self._apply(self.ledger.write("return_changed", shop=name, **{"return": merged}))
        return merged

    def send(self, name: str, message: Json, told: Json) -> list[str]:
        """Start the deliveries and return their ids. `copies` repeats one delivery at once, `id` names it, `tries` caps
        it, `hang_up` leaves before the first answer, `tamper` breaks the signature, `drop` sends nothing at all."""
        if told.get("drop"):
            return []
        number = len(self.tries) + len(self._tasks) + 1
        delivery = str(told.get("id") or f"msg_{name}_{number}_{self.ledger.clock():%H%M%S%f}")
        body = json.dumps(message, ensure_ascii=False).encode()
        for _ in range(int(told.get("copies", 1))):
            task = asyncio.create_task(self._deliver(self.shop(name), delivery, body, told))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return [delivery]

    async def _deliver(self, shop: Shop, delivery: str, body: bytes, told: Json) -> None:
        for number, pause in enumerate(self.schedule[: int(told.get("tries", TRIES))], 1):
            if pause and await self._stopped(pause):
                return
            status = await self._try(shop, delivery, body, told, first=number == 1)
            line = {"shop": shop.name, "id": delivery, "try": number, "status": status}
            self.tries.append({"at": self.ledger.clock().isoformat(), **line})
            if isinstance(status, int) and 200 <= status < 300:
                self.ledger.write("delivered", **line)
                return

    async def _stopped(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _try(self, shop: Shop, delivery: str, body: bytes, told: Json, *, first: bool) -> int | str:
        timestamp = str(int(told.get("timestamp", self.ledger.clock().timestamp())))
        signature = standard_webhook("tampered" if told.get("tamper") else shop.secret, delivery, timestamp, body)
        headers = {"webhook-id": delivery, "webhook-timestamp": timestamp, "webhook-signature": signature}
        headers["Content-Type"] = "application/json"
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=LIMITS, trust_env=False)
        try:
            if first and told.get("hang_up"):
                return await hang_up(shop.url, headers, body)
            async with self._session.post(shop.url, data=body, headers=headers, allow_redirects=False) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return type(error).__name__

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        self.stopping.set()
        await self.settled()
        if self._session is not None:
            await self._session.close()

    def routes(self) -> list[web.RouteDef]:
        base = "/platform/{shop}/returns"
        return [
            web.get(base, self._list),
            web.get(base + "/{id}", self._fetch),
            web.put(base + "/{id}/tracking", self._take),
            web.put(base + "/{id}/decision", self._take),
            web.put(base + "/{id}/messages/{message}", self._hear),
            web.put("/platform/{shop}/applications/{id}", self._apply_for),
            web.get("/platform/{shop}/subscriptions", self._subscriptions),
            web.put("/platform/{shop}/subscriptions", self._subscribe),
        ]

    def _shop_of(self, request: web.Request) -> Shop:
        shop = self.shop(request.match_info["shop"])
        if not same(shop.api_key, request.headers.get("Authorization", "").removeprefix("Bearer ")):
            raise web.HTTPUnauthorized(text="wrong key")
        return shop

    def _return_of(self, request: web.Request) -> Json:
        known = self._shop_of(request).returns.get(request.match_info["id"])
        if known is None:
            raise web.HTTPNotFound(text="no such return")
        return known

    async def _list(self, request: web.Request) -> web.Response:
        """Ordered by change, at most 100 from `offset`; `more` says whether there are others."""
        since = datetime.fromisoformat(request.query["since"].replace(" ", "+"))
        offset = int(request.query.get("offset", 0))
        returns = sorted(self._shop_of(request).returns.values(), key=lambda one: str(one["updated_at"]))
        late = [one for one in returns if datetime.fromisoformat(one["updated_at"]) >= since]
        return web.json_response({"returns": late[offset : offset + 100], "more": len(late) > offset + 100})

    async def _fetch(self, request: web.Request) -> web.Response:
        return web.json_response(self._return_of(request))

    async def _apply_for(self, request: web.Request) -> web.Response:
        """A return that is asked for. An order whose number begins with `UNKNOWN` is none of this shop's; what is decided
        cannot be applied for again."""
        shop, told, rma = self._shop_of(request), await request.json(), request.match_info["id"]
        known = shop.returns.get(rma)
        if str(told["order"]["number"]).startswith("UNKNOWN"):
            return web.json_response({"error": "order_unknown"}, status=422)
        if known is not None and known["status"] not in ("requested", "cancelled"):
            return web.json_response({"error": "decided"}, status=422)
        papers = [{name: one[name] for name in ("kind", "sha256")} for one in told["papers"]]
        self.ledger.write("applied", shop=shop.name, rma=rma, papers=papers, withdrawn=told["withdrawn"])
        status = "cancelled" if told["withdrawn"] else "requested"
        facts = {"id": rma, "status": status, "papers_asked": None, "order": told["order"], "items": told["items"]}
        self.change(shop.name, {**facts, "label": "merchant", "note": told["note"]})
        return web.json_response({"id": rma, "status": status})

    async def _subscriptions(self, request: web.Request) -> web.Response:
        url = self._shop_of(request).url
        return web.json_response({"subscriptions": [{"topic": TOPIC, "url": url}] if url else []})

    async def _subscribe(self, request: web.Request) -> web.Response:
        self.set_shop(self._shop_of(request).name, {"url": (await request.json())["url"]})
        return web.json_response({"ok": True})

    async def _take(self, request: web.Request) -> web.Response:
        known, kind = self._return_of(request), request.path.rpartition("/")[2]
        told = await request.json()
        self.ledger.write(f"told_{kind}", shop=request.match_info["shop"], rma=known["id"], told=told)
        return web.json_response({"ok": True})

    async def _hear(self, request: web.Request) -> web.Response:
        """A message for a return's thread; nobody listens any more where the return is closed."""
        known, told = self._return_of(request), await request.json()
        if known["status"] == "closed":
            return web.json_response({"error": "thread_closed"}, status=422)
        shop, message = request.match_info["shop"], request.match_info["message"]
        self.ledger.write("told_message", shop=shop, rma=known["id"], message=message, told=told)
        return web.json_response({"ok": True})


async def hang_up(url: str, headers: dict[str, str], body: bytes) -> str:
    """Send the whole request and leave before the answer."""
    address = urlsplit(url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    start = f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
    writer.write(f"{start}{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    writer.transport.abort()
    return "hung up"
