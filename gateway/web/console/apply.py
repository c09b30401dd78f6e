"""Applying in the console: the form, what every clause would say and what would become of it, and handing it in.

Papers are kept as they come, so that a form with a mistake need not be filled with files again. Nothing else is written
before it is handed in.
"""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from gateway.journeys import dry_run, handing_in
from gateway.store.store import Desk
from gateway.web.api import validation
from gateway.web.api.applying import checked, submitted
from gateway.web.api.returns import authorization_of, find_return
from gateway.web.asked_applying import AskedApplication
from gateway.web.console import apply_form
from gateway.web.console.acts import FORM_LIMIT, keep_file, seen, sent, spoken_errors
from gateway.web.console.pages import spoken_to, visitor
from gateway.web.console.paper import page, words_of
from gateway.web.console.session import Visit
from gateway.web.problems import Problem, problem_of
from gateway.web.state import GATEWAY
from schemas.acceptance import Packaging
from schemas.errors import AdapterError, Conflict, NotFound
from schemas.returns import LabelProvider, ReturnReason
from schemas.terms import PaperKind

Papers = Sequence[tuple[str, str]]
MOST_TERMS = 100
WRONG = (Problem, Conflict, NotFound, AdapterError)


async def new(request: web.Request) -> web.Response:
    visit = await visitor(request)
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        return await _form_page(request, visit, tx, {"rma_id": tx.new_id("rma")}, [])


async def check(request: web.Request) -> web.Response:
    """What each clause would say, and the dry run; or more lines to write on."""
    visit, values, papers = await _sent(request)
    gw, owner = request.app[GATEWAY], visit.caller.exporter_id
    found: dict[str, Any] = {}
    if values.get("act") == "more":
        values = {**values, "lines": str(min(apply_form.lines_of(values) + apply_form.LINES, apply_form.MOST_LINES))}
    else:
        try:
            asked = apply_form.asked_of(values, papers)
            async with gw.store.reading(owner) as tx:
                found["check"] = await checked(tx, asked)
            tried = await dry_run.of_hypothesis(gw, owner, authorization_of(asked, asked.rma_id or "dry-run"))
            found["dry"] = validation.told(tried, gw.clock())
        except WRONG as error:
            return await _again(request, visit, values, papers, error)
    async with gw.store.reading(owner) as tx:
        return await _form_page(request, visit, tx, values, papers, **found)


async def submit(request: web.Request) -> web.Response:
    """Handed in once: the form has its number, and a second click of it leads to what the first one made."""
    visit, values, papers = await _sent(request)
    try:
        asked = apply_form.asked_of(values, papers)
        async with request.app[GATEWAY].store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
            application_id = await _known(tx, asked) or await submitted(tx, asked)
    except WRONG as error:
        return await _again(request, visit, values, papers, error)
    return seen(f"/console/applications/{application_id}")


async def try_return(request: web.Request) -> web.Response:
    """The dry run of a return that is known."""
    visit, _ = await sent(request, "returns")
    gw, owner = request.app[GATEWAY], visit.caller.exporter_id
    async with gw.store.reading(owner) as tx:
        words = await spoken_to(request, tx)
        row = await find_return(tx, request.match_info["id"])
    found = validation.told(await dry_run.of_return(gw, owner, row.id), gw.clock())
    return page(request, "dry_run.html", visit, words, row=row, dry=found)


async def _sent(request: web.Request) -> tuple[Visit, apply_form.Values, Papers]:
    gw = request.app[GATEWAY]
    visit, form = await sent(request, "returns", gw.settings.document_limit * FORM_LIMIT)
    papers = apply_form.kept_of(form)
    async with gw.store.transaction(visit.caller.exporter_id, visit.caller.actor) as tx:
        for kind, file in apply_form.files_of(form):
            papers.append((kind, await keep_file(tx, None, file, gw.settings.document_limit)))
    return visit, apply_form.values_of(form), papers


async def _known(tx: Desk, asked: AskedApplication) -> str | None:
    shop = await handing_in.taker(tx, asked.source_id)
    source = shop or await tx.sources.of_platform("manual")
    if source is None or asked.rma_id is None:
        return None
    row = await tx.returns.by_rma(source.id, handing_in.reference(shop, asked.rma_id) if shop else asked.rma_id)
    application = await tx.applications.of_return(row.id) if row else None
    return str(application.id) if application else None


async def _again(
    request: web.Request, visit: Visit, values: apply_form.Values, papers: Papers, error: Exception
) -> web.Response:
    """The form as it was filled, with what is wrong with it."""
    problem, words = problem_of(error), words_of(request)
    errors = spoken_errors(problem, words.language) if problem.errors else [_whole(problem, words.language)]
    async with request.app[GATEWAY].store.reading(visit.caller.exporter_id) as tx:
        return await _form_page(request, visit, tx, values, papers, problem.status, errors=errors)


def _whole(problem: Problem, language: str) -> str:
    said = problem.document(language, "", "")
    return ": ".join(filter(None, (said["title"], str(problem.extra.get("reason", "")))))


async def _form_page(
    request: web.Request,
    visit: Visit,
    tx: Desk,
    values: apply_form.Values,
    papers: Papers,
    status: int = 200,
    **found: Any,
) -> web.Response:
    words = await spoken_to(request, tx)
    shown = {"check": None, "dry": None, "errors": [], **found}
    return page(
        request,
        "application_new.html",
        visit,
        words,
        status,
        values=values,
        papers=papers,
        lines=range(apply_form.lines_of(values)),
        files=range(apply_form.FILES),
        shops=[one for one in await tx.sources.listed() if await handing_in.taker(tx, one.id)],
        terms=await tx.lists.terms(None, MOST_TERMS),
        packagings=[one.value for one in Packaging],
        paper_kinds=[one.value for one in PaperKind],
        reasons=[one.value for one in ReturnReason],
        providers=[one.value for one in LabelProvider if one is not LabelProvider.UNKNOWN],
        **shown,
    )
