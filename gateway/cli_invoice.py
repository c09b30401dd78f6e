"""`homeward invoice import FILE…` and its sisters: carriers' bills from the command line, judged at once.

A bar on stderr says how far it is; stdout has the answer. Exit status: 0 all well; 1 a bill is held, or a line of a file
could not be read; 2 a file that cannot be opened; 3 a file that nobody understands.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from gateway import running
from gateway.bulk.manners import step_back
from gateway.cli_settings import read_settings
from gateway.config import Settings
from gateway.core import Gateway
from gateway.journeys import deciding, importing, reconciliation
from gateway.lock import only_writer
from gateway.shown import shown
from gateway.store import parties
from gateway.store.work import Job
from schemas.charges import CarrierInvoice, ChargeType
from schemas.errors import AdapterError, NotFound
from schemas.values import Money

invoice_app = typer.Typer(help="Carriers' invoices.", no_args_is_help=True)
UNREADABLE, HELD, WELL = 3, 1, 0
Bar = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """How the files are to be read, and for whom."""

    exporter: str | None
    format_id: str | None
    profile: str | bytes | None
    dry_run: bool


@invoice_app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Invoice files.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be found; write nothing.")] = False,
    profile: Annotated[
        str | None, typer.Option(help="A mapping profile: a file, or the name of a shipped one.")
    ] = None,
    form: Annotated[str | None, typer.Option("--format", help="The format's id; else the file says.")] = None,
    exporter: Annotated[str | None, typer.Option(help="The exporter's id; the only one, if there is one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Import bills, hold each line against what was booked, and post it. The same file again changes nothing."""
    given = Path(profile).read_bytes() if profile and Path(profile).is_file() else profile
    told = running.run(_import(read_settings(), files, Wish(exporter, form, given, dry_run)))
    if as_json:
        typer.echo(json.dumps({"files": told}, ensure_ascii=False))
    else:
        for one in told:
            _print(Console(highlight=False), one)
    raise typer.Exit(max(_status(one) for one in told))


async def _import(settings: Settings, files: Sequence[Path], wish: Wish) -> list[dict[str, Any]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    told = []
    with (
        nullcontext() if settings.db or wish.dry_run else only_writer(settings.data),
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
    ):
        async with running.ready_gateway(settings) as gw:
            exporter_id = await whose(gw, wish.exporter)
            for file in files:
                task = progress.add_task(file.name, total=None)

                def bar(done: int, total: int, task: Any = task) -> None:
                    progress.update(task, completed=done, total=total)

                told.append({"file": str(file), **await _one(gw, exporter_id, file, wish, bar)})
    return told


async def whose(gw: Gateway, wanted: str | None) -> str:
    """The exporter that is meant. Raises NotFound where that is not clear."""
    async with gw.store.front_desk() as connection:
        there = await parties.exporter_ids(connection)
    chosen = wanted or (there[0] if len(there) == 1 else None)
    if not there:
        raise NotFound("nobody is settled in here yet: start `homeward serve` once, it makes the first exporter")
    if chosen is None or chosen not in there:
        raise NotFound(f"say whose: --exporter one of {', '.join(there)}")
    return chosen


async def _one(gw: Gateway, exporter_id: str, file: Path, wish: Wish, bar: Bar) -> dict[str, Any]:
    content = await asyncio.to_thread(file.read_bytes)
    try:
        if wish.dry_run:
            return await _preview(gw, exporter_id, content, wish)
        made = await importing.import_document(
            gw,
            exporter_id,
            content,
            actor="command line",
            format_id=wish.format_id,
            profile=wish.profile,
            name=file.name,
            bar=bar,
        )
    except AdapterError as error:
        return {"problems": [], "invoices": [], **shown(error), "detail": str(error)}
    for invoice_id in (*made.invoice_ids, *made.known):  # one that was known may have died before it was judged
        await reconciliation.reconcile_invoice(gw, Job("reconcile", invoice_id, exporter_id))
    async with gw.store.reading(exporter_id) as tx:
        invoices = [await tx.invoices.get(one) for one in (*made.invoice_ids, *made.known)]
        counts = [Counter(line.finding for line in await tx.invoice_lines.of_invoice(row.id)) for row in invoices]
    told = [
        {"id": row.id, "number": row.number, "state": row.state, "reason": row.reason, "findings": _words(found)}
        for row, found in zip(invoices, counts, strict=True)
    ]
    problems = [problem.model_dump(mode="json") for problem in made.problems]
    return {"format": made.format, "invoices": told, "again": bool(made.known), "problems": problems}


async def _preview(gw: Gateway, exporter_id: str, content: bytes, wish: Wish) -> dict[str, Any]:
    reading = await asyncio.to_thread(importing.read_document, content, wish.format_id, wish.profile)
    invoices = []
    async with gw.store.reading(exporter_id) as tx:
        for invoice in reading.invoices:
            found = Counter(verdict.kind for verdict in await reconciliation.preview(tx, invoice))
            wrong = importing.why_wrong(invoice, reading.problems)
            state = "quarantined" if wrong else "reconciled"
            invoices.append({**_head(invoice), "state": state, "reason": wrong, "findings": _words(found)})
    problems = [problem.model_dump(mode="json") for problem in reading.problems]
    return {"format": reading.format, "dry_run": True, "invoices": invoices, "problems": problems}


def _head(invoice: CarrierInvoice) -> dict[str, Any]:
    return {"number": invoice.number, "lines": len(invoice.lines), "total": shown(invoice.total)}


def _words(found: Counter[Any]) -> dict[str, int]:
    return {str(kind) if kind else "imported": many for kind, many in sorted(found.items(), key=str)}


def _status(told: dict[str, Any]) -> int:
    if "error" in told:
        return UNREADABLE
    held = any(one["state"] == "quarantined" for one in told["invoices"])
    return HELD if held or told["problems"] else WELL


def _print(out: Console, told: dict[str, Any]) -> None:
    if "error" in told:
        out.print(f"{told['file']}: {told['detail']}", markup=False)
    for one in told["invoices"]:
        found = ", ".join(f"{many} {kind}" for kind, many in one["findings"].items())
        reason = f" ({one['reason']})" if one["reason"] else ""
        again = ", was imported before" if told.get("again") else ""
        out.print(f"{told['file']}: {one['number']} {one['state']}{reason}{again}: {found}", markup=False)
    for problem in told["problems"]:
        place = f"row {problem['row']}, {problem['column'] or 'whole row'}"
        out.print(f"  {place}: {problem['code']}: {problem['detail']}", markup=False)


@invoice_app.command("decide")
def decide_charge(
    carrier: Annotated[str, typer.Argument(help="The carrier, as its bills name it.")],
    code: Annotated[str, typer.Argument(help="The charge's code on the bill; its text with --text.")],
    kind: Annotated[ChargeType, typer.Argument(metavar="TYPE", help="What it is, such as REMOTE_AREA.")],
    text: Annotated[bool, typer.Option("--text", help="CODE is the charge's text.")] = False,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day of bills that it is for.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    exporter: Annotated[str | None, typer.Option(help="The exporter's id; the only one, if there is one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Say once what a carrier's unknown charge is. Every line that waits for it is judged again, and later bills know it."""
    if kind is ChargeType.UNKNOWN or not code.strip() or not 0 < len(carrier) <= 100:
        raise typer.BadParameter("a charge, and what it is")
    saying = deciding.Saying(carrier, code, kind, text, since.date() if since else None, reason)
    told = running.run(_decide(read_settings(), saying, exporter))
    bills = "bill" if told["bills"] == 1 else "bills"
    said = f"{carrier} {code}: {kind}, version {told['version']}; {told['bills']} {bills} judged again"
    typer.echo(json.dumps(told) if as_json else said)


async def _decide(settings: Settings, saying: deciding.Saying, exporter: str | None) -> dict[str, Any]:
    with nullcontext() if settings.db else only_writer(settings.data):
        async with running.ready_gateway(settings) as gw:
            exporter_id = await whose(gw, exporter)
            async with gw.store.transaction(exporter_id, "command line") as tx:
                decision_id = await deciding.decide(tx, saying)
                version, bills = (await tx.charge_types.get(decision_id)).version, list(tx.woken)
            for job in bills:
                await reconciliation.reconcile_invoice(gw, job)
    return {"id": decision_id, "version": version, "bills": len(bills)}


@invoice_app.command("audit")
def audit_files(
    lines: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Billed lines, a CSV file.")],
    bookings: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="What was booked, a CSV file.")],
    out: Annotated[Path | None, typer.Option(help="Where every finding is written, with its reason (CSV).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Hold a table of billed lines against a table of bookings, millions of each. No database is read or written. It runs
    where nobody else wants to, and leaves one core alone.

    Lines have the columns invoice, carrier, waybill, type, currency, minor, and may have issued_on, reference,
    original_waybill, shipped_on, service, grams. Bookings have carrier, waybill, currency, and may have reference, ship_on,
    service, grams, dock_grams, pieces, and the flags insured, live, moved; a column named by a charge type, such as FREIGHT,
    is what was agreed. Amounts are whole minor units.
    """
    step_back()
    try:
        from gateway.bulk.audit import audit, write_findings
    except ImportError as error:
        raise typer.BadParameter("this needs the extra homeward[bulk]") from error
    try:
        found = audit(bookings, lines)
    except AdapterError as error:
        typer.echo(json.dumps({**shown(error), "detail": str(error)}) if as_json else str(error), err=not as_json)
        raise typer.Exit(UNREADABLE) from error
    if out is not None:
        write_findings(found.findings, out)
    sums: list[dict[str, Any]] = [
        {name: str(value) if name in ("finding", "currency") else value for name, value in row.items()}
        for row in found.sums.sort("finding", "currency").iter_rows(named=True)
    ]
    if as_json:
        typer.echo(json.dumps({"lines": found.lines.height, "bookings_billed": found.booked.height, "sums": sums}))
        return
    for row in sums:
        amounts = ", ".join(f"{Money.from_minor(row[name], row['currency'])} {name}" for name in ("billed", "disputed"))
        typer.echo(f"{row['finding']}: {row['lines']} lines, {amounts}")
