"""Sales terms and applications: agreed, checked, handed in, decided by hand."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.journeys import applying, handing_in
from gateway.rules.calendars import end_of, zone_of
from gateway.rules.duties import duties
from gateway.store.store import Desk
from gateway.store.transaction import Record
from gateway.web.api.returns import authorization_of, check_numbers
from gateway.web.asked_applying import AskedApplication, AskedPaper, AskedPapers, AskedTerms, SaidWhy
from gateway.web.endpoint import Answer, Call
from gateway.web.paging import cut, limit_of, open_cursor
from gateway.web.told import Page
from gateway.web.told_applying import (
    ApplicationSummary,
    ApplicationTold,
    CheckTold,
    DutyTold,
    FindingTold,
    HandedInTold,
    TermsTold,
)
from schemas.terms import Application, Finding, Paper, SalesTerms, Verdict
from schemas.values import DocumentId


async def _paper(tx: Desk, asked: AskedPaper) -> Paper:
    document = await tx.documents.get(asked.document_id)
    return Paper(
        kind=asked.kind,
        document_id=DocumentId(document.id),
        sha256=asked.sha256 or document.sha256,
        media_type=document.media_type,
        size=document.size,
    )


async def papers_of(tx: Desk, asked: Sequence[AskedPaper]) -> tuple[Paper, ...]:
    """Stored files as papers; their types and hashes are what the bytes say."""
    return tuple([await _paper(tx, one) for one in asked])


def duties_told(terms: SalesTerms) -> tuple[DutyTold, ...]:
    return tuple(DutyTold.model_validate(one, from_attributes=True) for one in duties(terms))


def _terms(row: Record) -> TermsTold:
    return TermsTold(
        id=row.id,
        name=row.name,
        version=row.version,
        sha256=row.sha256,
        created_at=row.created_at,
        terms=row.terms,
        duties=duties_told(row.terms),
    )


async def create_terms(call: Call) -> Answer:
    asked = call.asked(AskedTerms)
    said: dict[str, Any] = {name: getattr(asked, name) for name in SalesTerms.model_fields}
    said["signed"] = await papers_of(call.tx, asked.signed)
    terms_id = await applying.agree(call.tx, asked.name, SalesTerms.model_validate(said))
    return Answer(_terms(await call.tx.terms.get(terms_id)), {"Location": f"/v1/terms/{terms_id}"})


async def list_terms(call: Call) -> Answer:
    limit, belongs_to = limit_of(call.query.get("limit")), f"terms:{call.caller.exporter_id}"
    rows = await call.tx.lists.terms(open_cursor(call.gw, belongs_to, call.query.get("cursor")), limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.created_at)
    return Answer(Page[TermsTold](data=tuple(map(_terms, page)), next=more))


async def get_terms(call: Call) -> Answer:
    return Answer(_terms(await call.tx.terms.get(call.id("trm"))))


def _finding(finding: Finding, terms: SalesTerms | None, now: datetime) -> FindingTold:
    said = finding.model_dump()
    due_by = end_of(finding.last_day, zone_of(terms.zone)) if finding.last_day and terms else None
    left = max(0, int((due_by - now).total_seconds())) if due_by else None
    return FindingTold(**said, due_at=due_by, zone=terms.zone if due_by and terms else None, seconds_left=left)


def check_told(findings: Sequence[Finding], terms: SalesTerms | None, now: datetime) -> CheckTold:
    verdicts = {finding.verdict for finding in findings}
    fits = False if Verdict.FAILS in verdicts else None if Verdict.CANNOT_TELL in verdicts else True
    return CheckTold(fits=fits, findings=tuple(_finding(one, terms, now) for one in findings))


async def _application(tx: Desk, asked: AskedApplication) -> Application:
    named = ("ordered_on", "invoiced_on", "shipped_on", "delivered_on", "packaging", "despite")
    said = {name: getattr(asked, name) for name in named}
    return Application(**said, papers=await papers_of(tx, asked.papers))


async def checked(tx: Desk, asked: AskedApplication) -> CheckTold:
    """What would be told if it were handed in now."""
    application = await _application(tx, asked)
    findings = await applying.check(tx, asked.terms_id, application, authorization_of(asked, "check").items)
    row = await tx.terms.get(asked.terms_id) if asked.terms_id else None
    return check_told(findings, row.terms if row else None, tx.now)


async def submitted(tx: Desk, asked: AskedApplication) -> str:
    """Handed in; its id."""
    shop = await handing_in.taker(tx, asked.source_id)
    source, rma_id = await check_numbers(tx, asked, shop)
    application, authorization = await _application(tx, asked), authorization_of(asked, rma_id)
    return await applying.submit(tx, source, asked.terms_id, application, authorization, asked.external_id)


async def check_application(call: Call) -> Answer:
    return Answer(await checked(call.tx, call.asked(AskedApplication)))


async def create_application(call: Call) -> Answer:
    application_id = await submitted(call.tx, call.asked(AskedApplication))
    row = await call.tx.applications.get(application_id)
    return Answer(await told(call.tx, row), {"Location": f"/v1/applications/{application_id}"})


def _handed_in(attempt: Record) -> HandedInTold:
    return HandedInTold(
        platform=attempt.carrier,
        source_id=attempt.source_id,
        state=attempt.state,
        version=attempt.number,
        sent_at=attempt.sent_at,
        reason=attempt.reason,
        wire_code=attempt.wire_code,
    )


async def told(tx: Desk, row: Record) -> ApplicationTold:
    """One application, with the terms that hold for it and what the last check said of each clause."""
    terms = await tx.terms.get(row.terms_id) if row.terms_id else None
    findings = [Finding.model_validate_json(json.dumps(one)) for one in row.findings]
    names = [name for name in ApplicationTold.model_fields if name not in ("terms", "check", "handed_in")]
    last = await handing_in.last_of(tx, row.id)
    return ApplicationTold(
        **{name: getattr(row, name) for name in names},
        handed_in=_handed_in(last) if last else None,
        terms=_terms(terms) if terms else None,
        check=check_told(findings, terms.terms if terms else None, tx.now),
    )


async def list_applications(call: Call) -> Answer:
    limit, state = limit_of(call.query.get("limit")), call.query.get("state")
    belongs_to = f"applications:{call.caller.exporter_id}:{state}"
    after = open_cursor(call.gw, belongs_to, call.query.get("cursor"))
    rows = await call.tx.lists.applications(state, after, limit + 1)
    page, more = cut(call.gw, belongs_to, rows, limit, lambda row: row.created_at)
    return Answer(Page[ApplicationSummary](data=tuple(map(_summary, page)), next=more))


def _summary(row: Record) -> ApplicationSummary:
    return ApplicationSummary(**{name: getattr(row, name) for name in ApplicationSummary.model_fields})


async def _now(call: Call) -> Answer:
    return Answer(await told(call.tx, await call.tx.applications.get(call.id("app"))))


async def get_application(call: Call) -> Answer:
    return await _now(call)


async def add_papers(call: Call) -> Answer:
    papers = await papers_of(call.tx, call.asked(AskedPapers).papers)
    await applying.add_papers(call.tx, call.id("app"), papers)
    return await _now(call)


async def approve_application(call: Call) -> Answer:
    await applying.approve(call.tx, call.id("app"))
    return await _now(call)


async def reject_application(call: Call) -> Answer:
    await applying.reject(call.tx, call.id("app"), call.asked(SaidWhy).reason)
    return await _now(call)


async def ask_papers(call: Call) -> Answer:
    await applying.ask_papers(call.tx, call.id("app"), call.asked(SaidWhy).reason)
    return await _now(call)


async def withdraw_application(call: Call) -> Answer:
    await applying.withdraw(call.tx, call.id("app"))
    return await _now(call)
