"""Pages that show: queues, returns, one return, the adapters. Reading only."""

from collections import Counter
from contextlib import suppress
from typing import Any

from aiohttp import web

from adapters import registry
from adapters.seam import CARRIER_CAPABILITIES, PLATFORM_CAPABILITIES, RenewalTerms
from gateway.journeys import answering, covering, filing, news, renewing, timeline
from gateway.journeys.billed import agreed_of
from gateway.journeys.claims import CARRIED
from gateway.rules import lifecycle
from gateway.rules.ledger import RECEIVABLES
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.api import proofs
from gateway.web.api.bookings import attempts_of, state_of
from gateway.web.api.covers import covers_told
from gateway.web.api.papers import served
from gateway.web.api.parties import carrier_told, platform_told
from gateway.web.api.returns import find_return
from gateway.web.console.paper import page, words_of
from gateway.web.console.queues import QUEUES, queue
from gateway.web.console.session import Visit, visit_of
from gateway.web.console.words import Words
from gateway.web.paging import cut, open_cursor
from gateway.web.state import GATEWAY
from schemas.acceptance import AcceptanceDecision, Condition, Packaging
from schemas.errors import Conflict, NotFound, Unsupported
from schemas.shipments import ShipmentState
from schemas.values import Money, tidy

PAGE = 50
LONGEST = 4000
MOST_CODES = 200
SIDES = ("exporter", "service")
"""Whom a person at the console writes for."""
DECISIONS = [one.value for one in AcceptanceDecision]


async def visitor(request: web.Request, scope: str = "returns") -> Visit:
    visit = await visit_of(request.app[GATEWAY], request)
    visit.caller.require(scope)
    return visit


async def spoken_to(request: web.Request, tx: Desk) -> Words:
    """The reader's language, and the exporter's zone."""
    exporter = await tx.exporters.get(tx.exporter_id)
    return words_of(request, exporter.zone)


async def home(request: web.Request) -> web.Response:
    visit = await visitor(request)
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        return page(request, "home.html", visit, words, queues=[await queue(tx, words, name) for name in QUEUES])


async def one_queue(request: web.Request) -> web.Response:
    visit, name = await visitor(request), request.match_info["name"]
    if name not in QUEUES:
        raise NotFound("no such queue")
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        tasks = await tx.lists.tasks(done=False, after=None, limit=200) if name == "person" else []
        return page(request, "queue.html", visit, words, queue=await queue(tx, words, name), tasks=tasks)


async def returns(request: web.Request) -> web.Response:
    """The newest first, or what a number finds; a number that finds one return opens it."""
    visit, gw = await visitor(request), request.app[GATEWAY]
    number = tidy(request.query.get("q", ""), LONGEST)
    async with gw.store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        if number:
            return await _found(request, visit, tx, words, number)
        belongs_to = f"console:{visit.caller.exporter_id}"
        after = open_cursor(gw, belongs_to, request.query.get("cursor"))
        rows = await tx.lists.returns(None, after, PAGE + 1)
        shown, more = cut(gw, belongs_to, rows, PAGE, lambda row: row.created_at)
        return page(request, "returns.html", visit, words, rows=shown, more=more, number="")


async def _found(request: web.Request, visit: Visit, tx: Desk, words: Words, number: str) -> web.Response:
    gw, belongs_to = request.app[GATEWAY], f"console-search:{visit.caller.exporter_id}:{number}"
    after = open_cursor(gw, belongs_to, request.query.get("cursor"))
    before = after[1] if after else None
    found = await tx.returns.search(number, PAGE + 1, before=before)
    if len(found) == 1 and before is None:
        raise web.HTTPSeeOther(f"/console/returns/{found[0].id}")
    shown, more = cut(gw, belongs_to, found, PAGE, lambda row: row.created_at)
    return page(request, "returns.html", visit, words, rows=shown, more=more, number=number[:100])


async def one_return(request: web.Request) -> web.Response:
    visit = await visitor(request)
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        row = await find_return(tx, request.match_info["id"])
        return await return_page(request, visit, tx, row)


async def return_page(
    request: web.Request, visit: Visit, tx: Desk, row: Record, *, errors: list[str] | None = None, status: int = 200
) -> web.Response:
    """Everything about one return. `errors` are what was wrong with a form that was sent from here."""
    words = await spoken_to(request, tx)
    case = await timeline.case_of(tx, row)
    shipments = [await _shipment(tx, one) for one in await tx.shipments.of_return(row.id)]
    moments = list(reversed(await timeline.moments(tx, row.id)))
    running = [one for one in case["deadlines"] if one["state"] == "running"]
    claimable = [one["row"] for one in shipments if one["row"].state in CARRIED]
    return page(
        request,
        "return.html",
        visit,
        words,
        status,
        row=row,
        case=case,
        shipments=shipments,
        moments=moments,
        clock=min(running, key=lambda one: one["due_at"], default=None),
        money=await _money(tx, row.id),
        borne=await _borne(tx, row.id),
        tasks=[task for task in await tx.tasks.of_return(row.id) if task.done_at is None],
        versions=await tx.acceptances.of_return(row.id),
        **await _may(visit, tx, row),
        decisions=DECISIONS,
        conditions=[one.value for one in Condition],
        packagings=[one.value for one in Packaging],
        errors=errors or [],
        recorded="recorded" in request.query,
        live=await news.position_of(tx, row.id),
        thread=await tx.lists.thread(row.id, None, PAGE),
        sides=SIDES,
        claims=await tx.claims.of_return(row.id),
        claimable=claimable if "invoices" in visit.caller.scopes else [],
        now_there=words.when(tx.now).replace(" ", "T"),
    )


async def _may(visit: Visit, tx: Desk, row: Record) -> dict[str, bool]:
    """Which forms this reader sees."""
    scopes = visit.caller.scopes
    return {
        "may_accept": row.status in lifecycle.ALLOWED[lifecycle.Act.ACCEPT] and "acceptances" in scopes,
        "may_move": "acceptances" in scopes,
        "may_answer": "admin" in scopes and await answering.answerable(tx, row) is None,
    }


async def _shipment(tx: Desk, row: Record) -> dict[str, Any]:
    attempts = await attempts_of(tx, row)
    unknown = [one for one in attempts if one.state == "unknown" and one.kind != "renewal"]  # that one asks by itself
    renewal = await _renewal(tx, row)
    covers = (await covers_told(tx, row)).data
    held = row.request.insured_value is not None or any(one.state in covering.HOLDS for one in covers)
    waits = row.state == ShipmentState.BOOKED and row.handed_over_at is None and not held
    coverable = waits and filing.taken_by(covering.COVER, await tx.accounts.find(row.account_id))
    return {
        "row": row,
        "look": await tx.looks.find(row.id),
        "state": state_of(row, attempts),
        "unknown": unknown,
        "covers": covers,
        "coverable": coverable,
        **renewal,
    }


async def _renewal(tx: Desk, row: Record) -> dict[str, Any]:
    """Whether one is under way, and the terms where one may be asked for."""
    holder = await tx.attempts.holder("renewal", row.id)
    asked = holder is not None and holder.state != "live"
    terms: RenewalTerms | None = None
    if not asked:
        with suppress(Conflict, Unsupported):
            terms = await renewing.terms_of(tx, row)
    return {"renewing": asked, "renewal": terms}


async def _money(tx: Desk, return_id: str) -> dict[str, list[str]]:
    """What was agreed and what was billed, one amount a currency; and who bears how much of it."""
    agreed, billed = await tx.accruals.of_return(return_id), await tx.invoice_lines.of_return(return_id)
    shipments: dict[tuple[str, str], list[Record]] = {}
    for row in agreed:
        shipments.setdefault((row.shipment_id, row.currency), []).append(row)
    sums = Counter[str]()
    for (_, currency), rows in shipments.items():
        sums[currency] += sum(agreed_of(rows).values())
    return {
        "quoted": [str(Money.from_minor(minor, currency)) for currency, minor in sorted(sums.items())],
        "billed": _sums([line for line in billed if not line.informational]),
    }


async def _borne(tx: Desk, return_id: str) -> list[tuple[str, bool, Money]]:
    """Bearer, whether it is duty, and how much: by what is posted."""
    sums = Counter[tuple[str, bool, str]]()
    for row in await tx.ledger.of_return(return_id):
        for account, minor in ((row.debit, row.minor), (row.credit, -row.minor)):
            if account in RECEIVABLES:
                bearer, duty = RECEIVABLES[account]
                sums[bearer.value, duty, row.currency] += minor
    return [(who, duty, Money.from_minor(minor, code)) for (who, duty, code), minor in sorted(sums.items()) if minor]


def _sums(rows: Any) -> list[str]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.minor
    return [str(Money.from_minor(minor, currency)) for currency, minor in sorted(sums.items())]


async def document(request: web.Request) -> web.Response:
    visit = await visitor(request)
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        document_id = request.match_info["id"]
        if not (document_id.startswith("doc_") and document_id.isascii() and document_id.isprintable()):
            raise NotFound("not of our form")
        return served(await tx.documents.get(document_id))


async def pack(request: web.Request) -> web.Response:
    """The evidence of the last acceptance, or the customs papers, in the reader's language."""
    wanted, face = request.match_info["pack"], request.app[GATEWAY].settings.pdf_font
    visit = await visitor(request, "acceptances" if wanted == "evidence" else "returns")
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        row, language = await find_return(tx, request.match_info["id"]), words_of(request).language
        if wanted == "evidence":
            content = await proofs.evidence_pack(tx, row, None, language, face)
        else:
            content = await proofs.customs_pack(tx, row, language, face)
    return web.Response(body=content, headers=proofs.headers(f"{row.id}-{wanted}"))


async def matrix(request: web.Request) -> web.Response:
    visit = await visitor(request)
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        words = await spoken_to(request, tx)
        codes = await tx.lists.unknown_codes(MOST_CODES)
    return page(
        request,
        "matrix.html",
        visit,
        words,
        codes=codes,
        carriers=[carrier_told(adapter) for adapter in registry.carriers().values()],
        platforms=[platform_told(adapter) for adapter in registry.platforms().values()],
        carrier_verbs=list(CARRIER_CAPABILITIES),
        platform_verbs=list(PLATFORM_CAPABILITIES),
    )
