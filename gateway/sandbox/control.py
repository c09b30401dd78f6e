"""The control desk: how a test, a demonstration or a person tells the sandbox what to do. JSON in, JSON out.

The whole list stands in the docstring of `gateway.sandbox`.
"""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import aiohttp
from aiohttp import web

from adapters.toolkit.auth import hmac_sha256
from gateway.sandbox.carrier import Carrier, Refusal
from gateway.sandbox.carrier_rest import event_of
from gateway.sandbox.desk import Desk
from gateway.sandbox.papers import build_bill
from gateway.sandbox.platform import Platform
from gateway.sandbox.scripts import PLAYS, Script
from gateway.sandbox.sink import Sink

Json = dict[str, Any]
JOURNEY = ("COL", "HUB", "CIN", "HUB", "OFD", "DLV")


class MovableClock:
    """The real time, or whatever instant it was set to."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self._clock, self.fixed = clock or (lambda: datetime.now(UTC)), None

    fixed: datetime | None

    def __call__(self) -> datetime:
        return self.fixed or self._clock()


class Control:
    """One method for each thing that can be told."""

    def __init__(self, clock: MovableClock, desk: Desk, platform: Platform, sink: Sink) -> None:
        self.clock, self.desk, self.platform, self.sink = clock, desk, platform, sink
        self.push: Json = {}
        self._pushes: set[asyncio.Task[None]] = set()

    @property
    def world(self) -> Carrier:
        return self.desk.carrier

    async def script(self, told: Json) -> Json:
        if told.get("script") == "outage":
            self.desk.outage_until = self.clock() + timedelta(seconds=float(told.get("seconds", 30)))
        elif told.get("script") == "lookup_lag":
            self.world.settings = replace(self.world.settings, lookup_lag=float(told.get("seconds", 60)))
        elif told.get("script") in PLAYS:
            self.desk.scripts.queue.append(Script(**told))
        else:
            raise web.HTTPUnprocessableEntity(text=f"scripts: {', '.join([*PLAYS, 'lookup_lag'])}")
        return {"queued": len(self.desk.scripts.queue)}

    async def calm(self, told: Json) -> Json:
        """Forget every script, end the outage."""
        self.desk.scripts.queue.clear()
        self.desk.outage_until = None
        self.world.settings = replace(self.world.settings, lookup_lag=0.0)
        return {"queued": 0}

    async def settings(self, told: Json) -> Json:
        self.world.settings = replace(self.world.settings, **told)
        return asdict(self.world.settings)

    async def set_clock(self, told: Json) -> Json:
        self.clock.fixed = datetime.fromisoformat(told["at"]) if told.get("at") else None
        return {"at": self.clock().isoformat()}

    async def ledger(self, told: Json) -> Json:
        kinds = str(told.get("kind", "")).split(",") if told.get("kind") else None
        entries = self.world.ledger.entries
        return {"entries": [entry for entry in entries if kinds is None or entry["kind"] in kinds]}

    async def requests(self, told: Json) -> Json:
        seen = self.desk.requests
        return {"requests": [line for line in seen if not told.get("verb") or line["verb"] == told["verb"]]}

    async def live(self, told: Json) -> Json:
        """The ground truth for "at most one live booking": live waybills by reference."""
        held = [one for one in self.world.shipments.values() if one.live]
        return {"live": [{"waybill": one.waybill, "client_ref": one.reference, "account": one.account} for one in held]}

    async def scan(self, told: Json) -> Json:
        """One scan: `waybill`, `code`, `at`, and optionally `place`, `text`, `piece`, `id`, `signed_by`; `push` false
        keeps it from being pushed."""
        push = told.pop("push", True)
        scan = self.world.scan({"at": self.clock().isoformat(), **told})
        if push:
            self._push([scan])
        return scan

    async def journey(self, told: Json) -> Json:
        """Several scans of one waybill: `start_at`, `every_hours`, `steps` (codes), `place`."""
        start = datetime.fromisoformat(told["start_at"]) if told.get("start_at") else self.clock()
        pause = timedelta(hours=float(told.get("every_hours", 12)))
        common = {"waybill": told["waybill"], "place": told.get("place", {"city": "Guangzhou", "country": "CN"})}
        steps = told.get("steps", JOURNEY)
        scans = [
            self.world.scan({**common, "code": code, "at": (start + pause * n).isoformat()})
            for n, code in enumerate(steps)
        ]
        if told.get("push", True):
            self._push(scans)
        return {"scans": scans}

    async def push_target(self, told: Json) -> Json:
        """Where scans are pushed from now on: `url`, `secret`; `copies` sends each several times. Empty ends it."""
        self.push = told
        return {"url": told.get("url", "")}

    def _push(self, scans: list[Json]) -> None:
        if self.push.get("url"):
            events = [{"waybill": scan["waybill"], **event_of(scan)} for scan in scans]
            for _ in range(int(self.push.get("copies", 1))):
                task = asyncio.create_task(self._send_push({"events": events}))
                self._pushes.add(task)
                task.add_done_callback(self._pushes.discard)

    async def _send_push(self, message: Json) -> None:
        """Signed with HMAC-SHA256 over `timestamp.body`; tried once, as a carrier would."""
        body, stamp = json.dumps(message).encode(), str(int(self.clock().timestamp()))
        digest = hmac_sha256(self.push["secret"], stamp.encode() + b"." + body).hex()
        headers = {"X-Sandbox-Timestamp": stamp, "X-Sandbox-Signature": f"sha256={digest}"}
        limits = aiohttp.ClientTimeout(sock_connect=1.0, total=5.0)
        try:
            async with (
                aiohttp.ClientSession(timeout=limits, trust_env=False) as session,
                session.post(self.push["url"], data=body, headers=headers) as response,
            ):
                status: int | str = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            status = type(error).__name__
        self.world.ledger.write("pushed", events=[event["id"] for event in message["events"]], status=status)

    async def bill(self, told: Json) -> Json:
        """Issue a bill for `account`: `number`, `waybills` (default: all of the account not billed yet), `adjust`
        {waybill: {code: amount}}, `extra` (more charge rows), `total` (states another sum), `issued_on`."""
        account, ledger = told["account"], self.world.ledger
        billed = {waybill for entry in ledger.of("billed") for waybill in entry["waybills"]}
        mine = [one for one in self.world.shipments.values() if one.account == account]
        chosen = told.get("waybills") or [one.waybill for one in mine if one.live and one.waybill not in billed]
        number = told.get("number") or f"SBI{len(ledger.of('billed')) + 1:06d}"
        issued = datetime.fromisoformat(told["issued_on"]) if told.get("issued_on") else self.clock()
        due = (issued + timedelta(days=30)).date().isoformat()
        head = {"invoice": number, "account": account, "currency": "EUR", "due_on": due}
        head["issued_on"] = issued.date().isoformat()
        rows = [row for waybill in chosen for row in self._rows(waybill, told.get("adjust", {}).get(waybill, {}))]
        total = Decimal(told["total"]) if told.get("total") else None
        document = build_bill(head, [*rows, *told.get("extra", ())], total)
        data = base64.b64encode(document).decode()
        ledger.write("billed", account=account, number=number, waybills=chosen, data=data)
        return {"number": number, "waybills": chosen, "document": document.decode()}

    def _rows(self, waybill: str, adjust: dict[str, str]) -> list[Json]:
        shipment = self.world.get(waybill)
        grams = sum(int(piece["grams"]) for piece in shipment.order["pieces"])
        common = {
            "waybill": waybill,
            "reference": shipment.reference,
            "service": shipment.order["service"],
            "shipped_on": shipment.order["ship_on"],
            "billed_kg": str(Decimal(grams).scaleb(-3)),
        }
        charges = {charge["code"]: charge for charge in shipment.charges}
        extra = {code: {"code": code, "text": code} for code in adjust if code not in charges}
        return [
            {**common, "code": code, "text": charge["text"], "amount": adjust.get(code) or charge["amount"]}
            for code, charge in {**charges, **extra}.items()
        ]

    async def shop(self, told: Json) -> Json:
        """Where a shop's webhooks go: `url`, `secret`, `api_key`; `schedule` (seconds) is for all shops."""
        if "schedule" in told:
            self.platform.schedule = tuple(float(pause) for pause in told["schedule"])
        self.platform.set_shop(told["name"], told)
        return asdict(replace(self.platform.shop(told["name"]), returns={}))

    async def returns(self, told: Json) -> Json:
        """Create or change a return and send its webhook: `return` (fields), and how it is sent (see Platform.send)."""
        changed = self.platform.change(told["name"], told["return"])
        message = {"type": "return.changed", "occurred_at": changed["updated_at"], "data": changed}
        return {"return": changed, "deliveries": self.platform.send(told["name"], message, told)}

    async def send(self, told: Json) -> Json:
        """Send any `message` as this shop's webhook."""
        return {"deliveries": self.platform.send(told["name"], told["message"], told)}

    async def deliveries(self, told: Json) -> Json:
        """Every try; those answered 2xx are `delivered` lines in the ledger too. `settle` waits for open ones first."""
        if told.get("settle"):
            await self.platform.settled()
        return {"tries": self.platform.tries}

    async def tell_sink(self, told: Json) -> Json:
        self.sink.tell(told["name"], told)
        return {"deliveries": len(self.sink.endpoint(told["name"]).deliveries)}

    async def sunk(self, told: Json) -> Json:
        return {"deliveries": self.sink.endpoint(told["name"]).deliveries}

    async def close(self) -> None:
        if self._pushes:
            await asyncio.gather(*self._pushes)

    def routes(self) -> list[web.RouteDef]:
        told: dict[str, Callable[[Json], Awaitable[Json]]] = {
            "POST /control/script": self.script,
            "POST /control/calm": self.calm,
            "POST /control/settings": self.settings,
            "POST /control/clock": self.set_clock,
            "GET /control/ledger": self.ledger,
            "GET /control/live": self.live,
            "GET /control/requests": self.requests,
            "POST /control/scans": self.scan,
            "POST /control/journey": self.journey,
            "POST /control/push_target": self.push_target,
            "POST /control/bill": self.bill,
            "POST /control/platform/{name}": self.shop,
            "POST /control/platform/{name}/returns": self.returns,
            "POST /control/platform/{name}/send": self.send,
            "GET /control/platform/{name}/deliveries": self.deliveries,
            "POST /control/sink/{name}": self.tell_sink,
            "GET /control/sink/{name}": self.sunk,
        }
        return [web.route(name.split(" ")[0], name.split(" ")[1], _handler(act)) for name, act in told.items()]


def _handler(act: Callable[[Json], Awaitable[Json]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else {}
        try:
            return web.json_response(await act({**request.query, **request.match_info, **body}))
        except Refusal as refusal:
            return web.json_response({"error": refusal.text}, status=refusal.status)
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=422)

    return handle
