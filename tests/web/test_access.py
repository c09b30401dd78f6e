"""Who may: bad-inputs.md B65, B66; and that no route shows or changes what is another exporter's."""

from typing import Any

import pytest

from gateway.journeys.pricing import agree
from gateway.journeys.settling_in import SCOPES, key_digest
from gateway.rules import deadlines
from gateway.web.endpoint import Route
from gateway.web.routes import ROUTES
from schemas.acceptance import Clock, DeadlinePolicy, LimitUnit
from tests.house.billing import claimed, disputed
from tests.house.tariffs import TARIFF
from tests.web.doors import RETURNER, House, a_return
from tests.web.furniture import a_message, covered, house_pickup

JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 64


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer hw_wrong",
        "Bearer  ",
        "Basic aHc6aHc=",
        "Bearer hw_é",
        "Bearer " + "hw_" + "x" * 5000,
    ],
)
async def test_b65_no_key_or_a_wrong_one_looks_the_same(house: House, header: str | None) -> None:
    answers = []
    for route in ROUTES:
        headers = {"X-Request-Id": "same"} | ({"Authorization": header} if header is not None else {})
        path = route.path.replace("{id}", "x").replace("{number}", "x").replace("{month}", "2026-03")
        answer = await house.client.request(route.method, path, headers=headers)
        assert answer.status == 401, route.path
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        answers.append(await answer.json(content_type=None))
    assert answers == [answers[0]] * len(ROUTES)


async def test_b65_a_revoked_key_is_no_key(house: House) -> None:
    await house.mine.get("/v1/returns")
    async with house.gw.store.front_desk() as connection:
        from gateway.store import parties

        row = await parties.key_of(connection, key_digest(house.mine.key))
    assert row is not None
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.keys.set(row.id, revoked_at=tx.now)
    await house.mine.get("/v1/returns", 401)


@pytest.mark.parametrize("scope", SCOPES)
async def test_b66_a_key_does_what_its_scope_says_and_no_more(house: House, scope: str) -> None:
    caller = await house.key(scope)
    for route in ROUTES:
        path = route.path.replace("{id}", "x").replace("{number}", "x").replace("{month}", "2026-03")
        answer = await caller.ask(route.method, path)
        assert (answer.status == 403) == (route.scope != scope), f"{route.method} {route.path}: {answer.status}"


def test_every_scope_opens_something_and_none_is_unknown() -> None:
    assert {route.scope for route in ROUTES} == set(SCOPES)


async def furnish(house: House) -> dict[str, str]:
    """One of everything that has an id, and the ids by prefix."""
    made = await house.mine.post("/v1/returns", a_return(external_id="X-1"), 201)
    shipment_id = made["shipments"][0]["id"]
    policy = DeadlinePolicy(clock=Clock.ACCEPTANCE, amount=5, unit=LimitUnit.CALENDAR_DAYS)
    endpoint = await house.mine.post("/v1/webhook_endpoints", {"url": "https://example.com/hook"}, 201)
    delivery = await house.mine.post(f"/v1/webhook_endpoints/{endpoint['id']}/test", status=202)
    answer = await house.mine.ask("POST", "/v1/documents", data=JPEG, params={"return_id": made["id"]})
    assert answer.status == 201, await answer.text()
    document_id = (await answer.json())["document_id"]
    async with house.gw.store.transaction(house.mine.exporter_id) as tx:
        await tx.shipments.set(shipment_id, state="booked", waybill="SBX1", booked_at=tx.now, due_at=None)
        await tx.returns.set(made["id"], status="delivered")
        await tx.returns.known_as(made["id"], [("waybill", "SBX1")])
        terms = deadlines.start(policy, tx.now, "Asia/Shanghai")
        deadline_id = await tx.deadlines.add(
            return_id=made["id"],
            shipment_id=shipment_id,
            clock="acceptance",
            subject_id=made["id"],
            state="running",
            terms=terms,
            due_by=terms.due_by,
            fired=[],
            history=[],
            created_at=tx.now,
        )
        attempt_id = await tx.attempts.add(
            return_id=made["id"],
            account_id=house.account_id,
            carrier="sandbox_rest",
            kind="booking",
            subject_id=shipment_id,
            number=1,
            client_ref="HW1",
            state="unknown",
            request="{}",
            sent_at=tx.now,
        )
        await tx.tasks.ask("orphan", "cause", "detail", made["id"])
        (task,) = await tx.tasks.open_ones()
        invoice_id, dispute_id = await disputed(tx, document_id)
        claim_id = await claimed(tx, made["id"], shipment_id, house.account_id)
        pickup, tariff = await house_pickup(house, tx), await agree(tx, house.account_id, TARIFF)
    applied = await house.mine.post("/v1/applications", a_return(despite=True), 201)
    agreed = {"name": "t", "seller": "s", "buyer": "b", "valid_from": "2026-01-01", "zone": "UTC"}
    decided = {"decision": "accept", "decided_at": "2026-03-02T09:00:00Z", "decided_by": "Li"}
    await house.mine.post(f"/v1/returns/{made['id']}/acceptances", decided, 201)
    return {
        "ret": made["id"],
        "shp": shipment_id,
        "end": endpoint["id"],
        "dlv": delivery["id"],
        "doc": document_id,
        "att": attempt_id,
        "tsk": task.id,
        "inv": invoice_id,
        "dsp": dispute_id,
        "clm": claim_id,
        "cov": await covered(house, made["id"], shipment_id),
        "ddl": deadline_id,
        "pku": pickup,
        "acc": house.account_id,
        "src": house.source_id,
        "chn": house.channel_id,
        "msg": await a_message(house),
        "app": applied["id"],
        "trf": tariff,
        "trm": (await house.mine.post("/v1/terms", agreed, 201))["id"],
    }


PREFIXES = {
    "returns": "ret",
    "bookings": "shp",
    "attempts": "att",
    "pickups": "pku",
    "documents": "doc",
    "invoices": "inv",
    "disputes": "dsp",
    "claims": "clm",
    "covers": "cov",
    "deadlines": "ddl",
    "webhook_endpoints": "end",
    "deliveries": "dlv",
    "tasks": "tsk",
    "messages": "msg",
    "accounts": "acc",
    "sources": "src",
    "channels": "chn",
    "applications": "app",
    "terms": "trm",
    "tariffs": "trf",
}
BODIES: dict[str, Any] = {
    "replay_to_endpoint": {"since": "2026-03-01T00:00:00Z"},
    "supply_address": {"returner": RETURNER},
    "create_acceptance": {"decision": "accept", "decided_at": "2026-03-02T09:00:00Z", "decided_by": "Li"},
    "release_booking": {"reason": "lost"},
    "renew_booking": {"days": 7},
    "pause_deadline": {"reason": "customs hold", "proof": f"doc_{'0' * 26}"},
    "resume_deadline": {},
    "extend_deadline": {"amount": 1},
    "file_claim": {"reference": "C-1"},
    "file_dispute": {"reference": "CASE-1"},
    "withdraw_dispute": {"reason": "right"},
    "change_claim": {"amount": {"amount": "1.00", "currency": "EUR"}},
    "send_claim": {"reference": "CASE-1"},
    "answer_claim": {"reason": "no"},
    "pay_claim": {"amount": {"amount": "1.00", "currency": "EUR"}, "reference": "BANK-1"},
    "withdraw_claim": {"reason": "right"},
    "bind_cover": {"insured_value": {"amount": "1.00", "currency": "EUR"}},
    "post_message": {"text": "hello"},
    "describe_customs": {"facts": {}},
    "confirm_customs": {"regime": "cn_2026_16"},
    "decline_return": {"reason": "no"},
    "reject_application": {"reason": "no"},
    "ask_papers": {"reason": "more"},
    "add_papers": {"papers": [{"kind": "other", "document_id": f"doc_{'0' * 26}"}]},
    "say_exists": {"number": "SBX2"},
}
WITH_ID = [route for route in ROUTES if "{id}" in route.path or "{number}" in route.path]
LISTS = [route for route in ROUTES if route.method == "GET" and "{" not in route.path and route.told]


def place(route: Route, ids: dict[str, str]) -> str:
    return (
        route.path.replace("{month}", "2026-03")
        .replace("{number}", "SBX1")
        .replace("{id}", ids.get(PREFIXES.get(route.path.split("/")[2], ""), ""))
    )


async def test_no_route_shows_or_changes_what_is_anothers(house: House) -> None:
    """The same answer as for what nobody has, and afterwards the owner finds everything as it was."""
    ids = await furnish(house)
    before = [await house.mine.get(place(route, ids)) for route in LISTS]
    same = {"X-Request-Id": "same"}
    for route in WITH_ID:
        body = {"json": BODIES[route.name]} if route.name in BODIES else {}
        theirs = await house.theirs.ask(route.method, place(route, ids), headers=same, **body)
        nobodys = place(route, {prefix: f"{prefix}_{'0' * 26}" for prefix in ids}).replace("SBX1", "SBX0")
        none = await house.theirs.ask(route.method, nobodys, headers=same, **body)
        assert theirs.status == none.status == 404, f"{route.method} {route.path}"
        assert await theirs.read() == await none.read()
    for route in LISTS:
        shown = await house.theirs.get(route.path)
        if route.name not in ("list_carriers", "list_platforms"):
            found = [row["id"] for row in shown["data"]]
            assert not set(found) & set(ids.values()), route.path
    assert [await house.mine.get(place(route, ids)) for route in LISTS] == before


async def test_the_owner_is_served_by_the_same_table(house: House) -> None:
    ids = await furnish(house)
    for route in ROUTES:
        if route.method == "GET":
            answer = await house.mine.ask("GET", place(route, ids))
            assert answer.status == 200, f"{route.path}: {await answer.text()}"


@pytest.mark.parametrize("ours", [{"return_id": "ret"}, {"evidence": "doc"}, {"account_id": "acc"}])
async def test_ids_in_a_body_are_anothers_too(house: House, ours: dict[str, str]) -> None:
    ids = await furnish(house)
    (name,) = ours
    if name == "return_id":
        await house.theirs.post("/v1/bookings", {"return_id": ids["ret"]}, 404)
        answer = await house.theirs.ask("POST", "/v1/documents", data=JPEG, params={"return_id": ids["ret"]})
        assert answer.status == 404
    elif name == "evidence":
        mine = await house.theirs.post("/v1/returns", a_return(label_provider="returner"), 201)
        async with house.gw.store.transaction(house.theirs.exporter_id) as tx:
            await tx.returns.set(mine["id"], status="delivered")
        body = BODIES["create_acceptance"] | {"evidence": [{"document_id": ids["doc"]}]}
        await house.theirs.post(f"/v1/returns/{mine['id']}/acceptances", body, 404)
    else:
        channel = {"account_id": ids["acc"], "name": "n", "service": "RETURN", "consignee": RETURNER, "zone": "UTC"}
        await house.theirs.post("/v1/channels", channel, 404)


async def test_credentials_are_never_told(house: House) -> None:
    account = {"carrier": "sandbox_rest", "name": "n", "credentials": {"client_id": "c", "client_secret": "MARKER-1"}}
    made = await house.mine.ask("POST", "/v1/accounts", json={**account, "hook_secret": "MARKER-2"})
    source = {"platform": "sandbox", "name": "n", "credentials": {"webhook_secret": "MARKER-3"}}
    shop = await house.mine.ask("POST", "/v1/sources", json=source)
    assert (made.status, shop.status) == (201, 201)
    said = [await made.text(), await shop.text()]
    said += [str(await house.mine.get(path)) for path in ("/v1/accounts", "/v1/sources", "/v1/messages")]
    assert not [text for text in said if "MARKER" in text]
    assert (await shop.json())["hook_url"].endswith(f"/hooks/platforms/sandbox/{(await shop.json())['id']}")


async def test_bad_credentials_are_named_and_not_repeated(house: House) -> None:
    account = {"carrier": "sandbox_rest", "name": "n", "credentials": {"client_id": "c", "secret": "MARKER"}}
    answer = await house.mine.ask("POST", "/v1/accounts", json=account)
    assert answer.status == 422
    assert "MARKER" not in await answer.text()
    errors = (await answer.json(content_type=None))["errors"]
    assert {(one["pointer"], one["code"]) for one in errors} == {
        ("/credentials/client_secret", "required"),
        ("/credentials/secret", "unknown_field"),
    }
