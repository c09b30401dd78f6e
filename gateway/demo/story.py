"""The demo's story, step by step, all of it over HTTP: the sandbox's control desk on one side, our API on the other."""

import base64
from datetime import datetime, timedelta
from typing import Any

from adapters import registry
from gateway.demo import props
from gateway.demo.stage import NotEnded, Stage, until
from gateway.journeys import settling_in
from gateway.store import parties

Json = dict[str, Any]


class Story:
    """One return over one kind of carrier."""

    def __init__(self, stage: Stage, kind: str) -> None:
        self.stage, self.kind = stage, kind
        self.carrier = f"sandbox_{kind}"
        self.shop = f"shop-{kind}"
        self.rma = f"R-{kind.upper()}-1001"
        self.key = ""
        self.exporter = self.account = self.source = ""

    async def tell(self) -> Json:
        """Play it; the document of what was seen."""
        await self._settle_in()
        case = await self._webhook_to_label()
        await self._travel(case)
        case = await self._accept(case)
        pickup = await self._collect()
        case = await self._bill(case)
        case = await self._heard(case)
        found = await self._document(case, pickup)
        for claim, holds in found["proof"].items():
            self._say(f"{'yes' if holds else 'NO '} {claim.replace('_', ' ')}")
        return found

    def _say(self, line: str) -> None:
        self.stage.say(f"{self.kind:>4} | {line}")

    # Settling in ------------------------------------------------------------------------------------------------------

    async def _settle_in(self) -> None:
        gw = self.stage.gw
        name = f"Linden & Vale ({self.kind})"
        async with gw.store.front_desk() as connection:
            known = await parties.exporter_named(connection, name)
        self.exporter = known or await settling_in.add_exporter(gw, name)
        secret = props.secret_of(self.kind)
        async with gw.store.transaction(self.exporter, "demo") as tx:
            accounts = await tx.accounts.listed()
            if not accounts:
                await self._move_in(tx, secret)
            self.account = (await tx.accounts.listed())[0].id
            self.source = next(row.id for row in await tx.sources.listed() if row.platform == "sandbox")
        self.key = await settling_in.add_key(gw, self.exporter, "demo")
        hook = f"{self.stage.url}/hooks/platforms/sandbox/{self.source}"
        await self._control("POST", f"platform/{self.shop}", {"url": hook, "secret": secret, "api_key": "demo-key"})
        self._say(
            f"an exporter with an account at {self.carrier}, a shop, a designated channel in Dongguan, an endpoint"
        )

    async def _move_in(self, tx: Any, secret: str) -> None:
        gw, base = self.stage.gw, self.stage.sandbox
        address = f"{base}/carrier/rest/v1" if self.kind == "rest" else f"{base}/carrier/soap"
        credentials = props.CREDENTIALS[self.kind]
        account = await settling_in.add_account(
            gw,
            tx,
            self.carrier,
            "Linden & Vale",
            credentials,
            number=credentials.get("client_id") or credentials.get("user"),
            base_url=address,
            zone="Europe/Paris",
        )
        shop = {"webhook_secret": secret, "api_key": "demo-key"}
        await settling_in.add_source(gw, tx, "sandbox", self.shop, shop, base_url=f"{base}/platform/{self.shop}")
        service = registry.carrier(self.carrier).profile.services[0].code
        await settling_in.add_channel(tx, account, "Dongguan desk", service, props.CONSIGNEE, zone="Asia/Shanghai")
        await settling_in.add_endpoint(gw, tx, f"{base}/sink/{self.kind}", secret=secret)

    # The way ----------------------------------------------------------------------------------------------------------

    async def _webhook_to_label(self) -> Json:
        if not await self._find(self.rma):
            returned = {
                "id": self.rma,
                "number": self.rma,
                "status": "approved",
                "kind": "return",
                "label": "merchant",
                "order": {"id": f"O-{self.kind}-77", "number": f"77-{self.kind}"},
                "items": [props.item()],
                "returner": props.RETURNER,
                "updated_at": self.stage.clock().isoformat(),
            }
            await self._control("POST", f"platform/{self.shop}/returns", {"return": returned})
            self._say("the platform sent a signed webhook: return approved")
        case = await until("the booking", self._case, lambda case: case["shipments"][0]["waybill"])
        case = await until("the label", self._case, lambda case: props.documents(case, "label"))
        waybill = case["shipments"][0]["waybill"]
        self._say(f"booked once: waybill {waybill}, label of {props.documents(case, 'label')[0]['size']} bytes")
        return case

    async def _travel(self, case: Json) -> None:
        waybill = case["shipments"][0]["waybill"]
        if case["shipments"][0]["state"] != "delivered":
            ledger = await self._control("GET", "ledger?kind=scanned")
            if not any(entry.get("waybill") == waybill for entry in ledger["entries"]):
                journey = {"waybill": waybill, "start_at": self.stage.clock().isoformat(), "every_hours": 0.01}
                await self._control("POST", "journey", {**journey, "steps": props.STEPS})
            await self._advance(timedelta(minutes=5))
            await self._api("POST", f"/v1/trackings/{waybill}/refresh")
        case = await until("the delivery", self._case, lambda case: case["shipments"][0]["state"] == "delivered")
        due = props.clock(case, "acceptance")
        self._say(f"delivered; the acceptance clock runs until {due['due_at']} ({due['zone']})")

    async def _accept(self, case: Json) -> Json:
        case = await until("the return", self._case, lambda case: True)
        if not case["acceptances"]:
            due = props.clock(case, "acceptance")
            if "warn-50" not in due["fired"]:
                window = datetime.fromisoformat(due["due_at"]) - datetime.fromisoformat(due["start_at"])
                target = datetime.fromisoformat(due["start_at"]) + window * 0.55
                await self._advance(max(timedelta(0), target - self.stage.clock()))
            case = await until("the reminder", self._case, lambda case: props.clock(case, "acceptance")["fired"])
            self._say("half of the time has gone: a reminder went out")
            await self._record_acceptance(case)
        case = await until("the acceptance", self._case, lambda case: case["acceptances"])
        self._say("accepted, with condition, packaging and a photograph")
        return case

    async def _record_acceptance(self, case: Json) -> None:
        photo = await self._api(
            "POST",
            f"/v1/documents?return_id={case['id']}",
            data=props.photograph(),
            headers={"Content-Type": "image/png"},
        )
        line = case["authorization"]["items"][0]["line_id"]
        record = {
            "decision": "accept",
            "decided_at": self.stage.clock().isoformat(),
            "decided_by": "Returns desk",
            "inspections": [{"line_id": line, "quantity": 1, "condition": "opened", "packaging": "original_intact"}],
            "evidence": [{"document_id": photo["document_id"], "sha256": photo["sha256"]}],
        }
        await self._api("POST", f"/v1/returns/{case['id']}/acceptances", json=record)

    async def _collect(self) -> Json:
        """The exporter's own road: a return booked through the API, and its collection."""
        number = f"EXP-{self.kind.upper()}-1"
        found = await self._find(number)
        if not found:
            order = {**props.by_hand(number), "external_id": number}
            await self._api("POST", "/v1/bookings", json=order, headers={"Idempotency-Key": f"book-{number}"})
        case = await until(
            "the exporter's booking", lambda: self._case(number), lambda case: case["shipments"][0]["waybill"]
        )
        ready = self.stage.clock() + timedelta(days=1)
        request = {
            "account_id": self.account,
            "shipment_ids": [case["shipments"][0]["id"]],
            "address": {"lines": ["5 Hafenstraße"], "city": "Hamburg", "postal_code": "20095", "country": "DE"},
            "contact": props.contact(),
            "ready_at": ready.isoformat(),
            "close_at": (ready + timedelta(hours=4)).isoformat(),
            "zone": "Europe/Berlin",
            "parcels": [{"weight": {"grams": 900}}],
        }
        planned = (await self._api("GET", "/v1/pickups"))["data"]
        made = [one for one in planned if case["shipments"][0]["id"] in one["shipment_ids"]]
        key = {"Idempotency-Key": f"collect-{number}"}
        pickup = made[0] if made else await self._api("POST", "/v1/pickups", json=request, headers=key)

        async def look() -> Json:
            return await self._api("GET", f"/v1/pickups/{pickup['id']}")

        pickup = await until("the pickup", look, lambda one: one["state"] == "booked")
        self._say(f"collected through the API: confirmation {pickup['confirmation']}")
        return pickup

    async def _bill(self, case: Json) -> Json:
        if not case["charges"]:
            number = f"SBI-{self.kind.upper()}-1"
            waybills = [case["shipments"][0]["waybill"]]
            told = {"account": props.account_number(self.kind), "number": number, "waybills": waybills}
            ledger = await self._control("GET", "ledger?kind=billed")
            known = next((entry for entry in ledger["entries"] if entry["number"] == number), None)
            made = base64.b64decode(known["data"]) if known else b""
            document = made or (await self._control("POST", "bill", told))["document"].encode()
            await self._api("POST", "/v1/invoices", data=document, headers={"Content-Type": "text/csv"})
        case = await until(
            "the reconciliation",
            self._case,
            lambda case: case["charges"] and all(c["finding"] for c in case["charges"]),
        )
        for charge in case["charges"]:
            self._say(f"billed {charge['type']} {charge['amount']} {charge['currency']}: {charge['finding']}")
        return case

    async def _heard(self, case: Json) -> Json:
        case = await until(
            "the notices", self._case, lambda case: case["notices"]["delivered"] and not case["notices"]["waiting"]
        )
        self._say(f"{case['notices']['delivered']} notices were delivered, signed")
        return case

    async def _document(self, case: Json, pickup: Json) -> Json:
        shipment = case["shipments"][0]
        followed = (await self._api("GET", f"/v1/trackings/{shipment['waybill']}"))["data"]
        timeline = (await self._api("GET", f"/v1/returns/{case['id']}/timeline"))["moments"]
        heard = await self._control("GET", f"sink/{self.kind}")
        live, told = await self._control("GET", "live"), case["notices"]
        ours = [one for one in live["live"] if one["account"] == props.account_number(self.kind)]
        proof = {
            "one_live_booking_per_return": len({one["client_ref"] for one in ours}) == len(ours) == 2,
            "ledger_sums_to_zero": not any(case["ledger"].values()) and bool(case["ledger"]),
            "freight_and_insurance_matched": {"FREIGHT", "INSURANCE"}
            <= {charge["type"] for charge in case["charges"] if charge["finding"] == "matched"},
            "every_notice_delivered": case["notices"]["delivered"]
            > 0
            == case["notices"]["waiting"] + case["notices"]["dead"],
            "every_signature_verified_by_the_sink": all(one["verified"] for one in heard["deliveries"]),
            "accepted_with_evidence": bool(case["acceptances"][-1]["evidence"]),
        }
        return {
            "ok": all(proof.values()),
            "carrier": self.carrier,
            "return": {"id": case["id"], "rma": self.rma, "status": case["status"]},
            "waybill": shipment["waybill"],
            "client_ref": shipment["client_ref"],
            "label": props.documents(case, "label")[0],
            "tracking": [event for one in followed for event in one["events"]],
            "acceptance": {"deadline": props.clock(case, "acceptance"), "record": case["acceptances"][-1]},
            "charges": case["charges"],
            "ledger": case["ledger"],
            "pickup": {"id": pickup["id"], "confirmation": pickup["confirmation"]},
            "notices": {**told, "told": props.told_kinds(timeline)},
            "proof": proof,
        }

    # Talking ----------------------------------------------------------------------------------------------------------

    async def _advance(self, by: timedelta) -> None:
        """Move everyone's clock, when no signed message is on its way: its stamp would be old when it is read."""
        await until("what is on its way", self._case, lambda case: not case["notices"]["waiting"])
        self.stage.clock.advance(by)

    async def _find(self, number: str) -> list[Json]:
        found: list[Json] = (await self._api("GET", f"/v1/returns?q={number}"))["data"]
        return found

    async def _case(self, number: str | None = None) -> Json | None:
        found = await self._find(number or self.rma)
        case = await self._api("GET", f"/v1/returns/{found[0]['id']}") if found else None
        return case if case and case["shipments"] else None

    async def _api(self, method: str, path: str, **rest: Any) -> Json:
        headers = {"Authorization": f"Bearer {self.key}", **rest.pop("headers", {})}
        async with self.stage.session.request(method, self.stage.url + path, headers=headers, **rest) as response:
            answer = await response.json(content_type=None)
            if response.status >= 300:
                raise NotEnded(f"{method} {path} answered {response.status}: {answer}")
            return answer  # type: ignore[no-any-return]

    async def _control(self, method: str, path: str, told: Json | None = None) -> Json:
        async with self.stage.session.request(method, f"{self.stage.sandbox}/control/{path}", json=told) as response:
            response.raise_for_status()
            answer: Json = await response.json()
            return answer
