"""The console's addresses. Every act names the API route that does the same."""

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from gateway.web.console import (
    acts,
    answering,
    apply,
    applying,
    bearers,
    charge_types,
    claims,
    covers,
    customs,
    disputes,
    invoices,
    lanes,
    limits,
    messages,
    pages,
    tariffs,
    thread,
)
from gateway.web.console.paper import page, sign_in_page, words_of
from gateway.web.languages import LANGUAGES
from gateway.web.problem_texts import DETAILS, STATUS, TITLES

STATIC = Path(__file__).parent / "static"
TYPES = {
    "console.css": "text/css",
    "docs.css": "text/css",
    "docs.js": "text/javascript",
    "live.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}

ACTS: Mapping[str, str | None] = {
    # address: the API's operation; None for what only people need
    "/console/sign-in": None,
    "/console/sign-out": None,
    "/console/returns/{id}/acceptances": "create_acceptance",
    "/console/returns/{id}/customs": "describe_customs",
    "/console/returns/{id}/customs/confirm": "confirm_customs",
    "/console/returns/{id}/dry_run": "validate_return",
    "/console/returns/{id}/messages": "post_message",
    "/console/returns/{id}/approve": "approve_return",
    "/console/returns/{id}/decline": "decline_return",
    "/console/applications": "create_application",
    "/console/applications/check": "check_application",
    "/console/applications/{id}/approve": "approve_application",
    "/console/applications/{id}/reject": "reject_application",
    "/console/applications/{id}/ask_papers": "ask_papers",
    "/console/applications/{id}/withdraw": "withdraw_application",
    "/console/invoices": "upload_invoice",
    "/console/charge-types": "create_charge_type",
    "/console/tariffs": "create_tariff",
    "/console/bearers": "create_bearers",
    "/console/tariffs/try": "try_tariff",
    "/console/disputes/{id}/file": "file_dispute",
    "/console/disputes/{id}/send": "file_dispute",
    "/console/disputes/{id}/withdraw": "withdraw_dispute",
    "/console/deadlines/{id}/pause": "pause_deadline",
    "/console/deadlines/{id}/resume": "resume_deadline",
    "/console/deadlines/{id}/extend": "extend_deadline",
    "/console/bookings/{id}/claims": "open_claim",
    "/console/bookings/{id}/covers": "bind_cover",
    "/console/covers/{id}/cancel": "cancel_cover",
    "/console/claims/{id}/change": "change_claim",
    "/console/claims/{id}/send": "send_claim",
    "/console/claims/{id}/file": "send_claim",
    "/console/claims/{id}/accept": "answer_claim",
    "/console/claims/{id}/reject": "answer_claim",
    "/console/claims/{id}/pay": "pay_claim",
    "/console/claims/{id}/withdraw": "withdraw_claim",
    "/console/tasks/{id}/done": "finish_task",
    "/console/bookings/{id}/renew": "renew_booking",
    "/console/bookings/{id}/refresh": "refresh_tracking",
    "/console/attempts/{id}/exists": "say_exists",
    "/console/attempts/{id}/absent": "say_absent",
    "/console/endpoints": "create_endpoint",
    "/console/endpoints/{id}/test": "test_endpoint",
    "/console/endpoints/{id}/enable": "enable_endpoint",
    "/console/endpoints/{id}/replay": "replay_to_endpoint",
    "/console/endpoints/{id}/remove": "delete_endpoint",
    "/console/deliveries/{id}/resend": "resend_delivery",
    "/console/messages/{id}/redrive": "redrive_message",
}


async def sign_in(request: web.Request) -> web.Response:
    return sign_in_page(request)


async def front(request: web.Request) -> web.Response:
    raise web.HTTPSeeOther("/console")


async def static(request: web.Request) -> web.Response:
    """One of our own few files, by its name in the table: never a path."""
    name = request.match_info["name"]
    if name not in TYPES:
        raise web.HTTPNotFound
    body = (STATIC / name).read_bytes()
    headers = {"Content-Type": f"{TYPES[name]}; charset=utf-8", "Cache-Control": "public, max-age=300"}
    return web.Response(body=body, headers=headers)


async def docs(request: web.Request) -> web.Response:
    return web.Response(body=(STATIC / "docs.html").read_bytes(), content_type="text/html", charset="utf-8")


async def about_problem(request: web.Request) -> web.Response:
    """Where a problem document's `type` leads."""
    slug = request.match_info["slug"]
    if slug not in STATUS:
        raise web.HTTPNotFound
    words = words_of(request)
    spoken = LANGUAGES.index(words.language)
    title, detail = f"{STATUS[slug]} {TITLES[slug][spoken]}", DETAILS[slug][spoken]
    return page(
        request,
        "problem.html",
        None,
        words,
        problem_title=title,
        problem_detail=detail,
        state=None,
        request_id=slug,
    )


def console_routes() -> list[web.RouteDef]:
    return [*_pages(), *_acts()]


def _pages() -> list[web.RouteDef]:
    return [
        web.get("/", front),
        web.get("/docs", docs),
        web.get("/problems/{slug}", about_problem),
        web.get("/static/{name}", static),
        web.get("/console", pages.home),
        web.get("/console/queues/{name}", pages.one_queue),
        web.get("/console/returns", pages.returns),
        web.get("/console/returns/{id}", pages.one_return),
        web.get("/console/returns/{id}/customs", customs.case),
        web.get("/console/returns/{id}/packs/{pack:evidence|papers}", pages.pack),
        web.get("/console/applications", applying.applications),
        web.get("/console/applications/new", apply.new),
        web.get("/console/applications/{id}", applying.application),
        web.get("/console/documents/{id}", pages.document),
        web.get("/console/invoices", invoices.invoices),
        web.get("/console/invoices/{id}", invoices.invoice),
        web.get("/console/charge-types", charge_types.charge_types),
        web.get("/console/tariffs", tariffs.tariffs),
        web.get("/console/bearers", bearers.bearers),
        web.get("/console/tariffs/{id}", tariffs.tariff),
        web.get("/console/disputes", disputes.disputes),
        web.get("/console/disputes/{id}", disputes.dispute),
        web.get("/console/disputes/{id}/pack", disputes.pack),
        web.get("/console/claims", claims.claims),
        web.get("/console/claims/{id}", claims.claim),
        web.get("/console/claims/{id}/pack", claims.pack),
        web.get("/console/lanes", lanes.lanes),
        web.get("/console/messages", messages.messages),
        web.get("/console/adapters", pages.matrix),
        web.get("/console/sign-in", sign_in),
    ]


def _acts() -> list[web.RouteDef]:
    return [
        web.post("/console/sign-in", acts.sign_in),
        web.post("/console/sign-out", acts.sign_out),
        web.post("/console/returns/{id}/acceptances", acts.record_acceptance),
        web.post("/console/returns/{id}/customs", customs.describe),
        web.post("/console/returns/{id}/customs/confirm", customs.confirm),
        web.post("/console/returns/{id}/dry_run", apply.try_return),
        web.post("/console/returns/{id}/messages", thread.post),
        web.post("/console/returns/{id}/approve", answering.approve),
        web.post("/console/returns/{id}/decline", answering.decline),
        web.post("/console/applications", apply.submit),
        web.post("/console/applications/check", apply.check),
        web.post("/console/applications/{id}/approve", applying.approve),
        web.post("/console/applications/{id}/reject", applying.reject),
        web.post("/console/applications/{id}/ask_papers", applying.ask_papers),
        web.post("/console/applications/{id}/withdraw", applying.withdraw),
        web.post("/console/invoices", invoices.upload_invoice),
        web.post("/console/charge-types", charge_types.decide),
        web.post("/console/tariffs", tariffs.add),
        web.post("/console/bearers", bearers.decide),
        web.post("/console/tariffs/try", tariffs.try_it),
        web.post("/console/disputes/{id}/file", disputes.file),
        web.post("/console/disputes/{id}/send", disputes.send),
        web.post("/console/disputes/{id}/withdraw", disputes.withdraw),
        web.post("/console/deadlines/{id}/pause", limits.pause),
        web.post("/console/deadlines/{id}/resume", limits.resume),
        web.post("/console/deadlines/{id}/extend", limits.extend),
        web.post("/console/bookings/{id}/covers", covers.bind),
        web.post("/console/covers/{id}/cancel", covers.cancel),
        web.post("/console/bookings/{id}/claims", claims.open_claim),
        *(web.post(path, claims.act) for path in ACTS if path.startswith("/console/claims/")),
        web.post("/console/tasks/{id}/done", acts.finish_task),
        web.post("/console/bookings/{id}/renew", acts.renew_booking),
        web.post("/console/bookings/{id}/refresh", acts.refresh_tracking),
        web.post("/console/attempts/{id}/exists", acts.say_exists),
        web.post("/console/attempts/{id}/absent", acts.say_absent),
        *(web.post(path, act) for path, act in messages.ACTS.items()),
    ]
