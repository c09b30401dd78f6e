"""The `homeward` command.

Logs go to stderr, answers to stdout, as JSON with `--json`. Exit status: 0 well; 1 something is not as it should be (a
check, a signature, a demo that did not end); 2 wrong usage, a wrong setting, a port that somebody has, a file that cannot
be opened, or an adapter that cannot be used; 3 the carrier's or platform's own error; 4 the embedded database is held by
another process; 5 the database is away or not migrated.
"""

import json
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from gateway import backup as keeping
from gateway import commands
from gateway.backup import NotEmpty
from gateway.cli_bearers import bearers
from gateway.cli_invoice import invoice_app
from gateway.cli_ledger import ledger
from gateway.cli_read import read_app, verify_app
from gateway.cli_settings import read_settings
from gateway.cli_tariff import tariff_app
from gateway.lock import Taken
from gateway.running import NotMigrated, run
from gateway.store.database import StoreUnavailable
from schemas.errors import NotFound

app = typer.Typer(
    name="homeward",
    help="An open, self-hosted gateway that brings cross-border returns home.\n\n"
    "Exit status: 0 well; 1 not as it should be; 2 usage; 3 the other side's error; 4 database held; 5 database away.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(read_app, name="read")
app.add_typer(verify_app, name="verify")
app.add_typer(invoice_app, name="invoice")
app.add_typer(tariff_app, name="tariff")
app.command("bearers")(bearers)
app.command("ledger")(ledger)
returns_app = typer.Typer(help="Look at returns.", no_args_is_help=True)
keys_app = typer.Typer(help="API keys.", no_args_is_help=True)
app.add_typer(returns_app, name="returns")
app.add_typer(keys_app, name="keys")

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
out = Console(highlight=False)
SHOWN = {
    "carriers": ("id", "protocol", "look_up", "batch", "can"),
    "platforms": ("id", "can", "signature"),
    "invoices": ("id", "carrier", "identity"),
}
"""Columns for a terminal; `--json` has them all."""


def _say(value: Any, *, as_json: bool, text: str = "") -> None:
    if as_json or not text:
        typer.echo(json.dumps(value, ensure_ascii=False, default=str, indent=None if as_json else 1))
    else:
        out.print(text)


@app.command()
def serve(
    sandbox: Annotated[bool, typer.Option(help="Start the sandbox carrier, platform and sink beside it.")] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """API, console and workers in one process, on the embedded database."""
    settings = read_settings("info", host=host, port=port, private_endpoints=True if sandbox else None)
    run(commands.serve(settings, with_sandbox=sandbox))


@app.command()
def web(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; several processes may share it.")] = None,
) -> None:
    """API and console only; any number of these over one PostgreSQL."""
    run(commands.serve_web(read_settings("info", host=host, port=port)))


@app.command()
def work() -> None:
    """Workers only; any number of these over one PostgreSQL."""
    run(commands.serve_work(read_settings("info")))


@app.command()
def migrate(as_json: AsJson = False) -> None:
    """Make the database's tables, or bring them up to date. Safe to run twice."""
    revision = run(commands.migrate(read_settings()))
    _say({"revision": revision}, as_json=as_json, text=f"the database is at revision {revision}")


@app.command()
def demo(
    as_json: AsJson = False,
    carrier: Annotated[str, typer.Option(help="rest, soap, or both.")] = "both",
    data: Annotated[Path | None, typer.Option(help="Keep the demo's data here; a run that was killed goes on.")] = None,
) -> None:
    """One return all the way home, in the sandbox: webhook, booking, tracking, acceptance, invoice, notices.

    On PostgreSQL (HOMEWARD_DB) it starts one `web` and two `work` processes of its own.
    """
    from gateway import demo as show

    if carrier not in ("rest", "soap", "both"):
        raise typer.BadParameter("rest, soap or both", param_hint="--carrier")
    kinds = ("rest", "soap") if carrier == "both" else (carrier,)
    told = (lambda line: None) if as_json else out.print
    found = run(show.run_demo(read_settings(), kinds, data, told))
    if as_json:
        _say(found, as_json=True)
    raise typer.Exit(0 if found["ok"] else 1)


@app.command()
def adapters(as_json: AsJson = False) -> None:
    """The capability matrix: what each carrier, platform and invoice format can do here."""
    matrix = commands.matrix()
    if as_json:
        _say(matrix, as_json=True)
        return
    for title, rows in matrix.items():
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for column in SHOWN[title]:
            table.add_column(column, no_wrap=column == "id")
        for row in rows:
            table.add_row(*(", ".join(row[key]) if key == "can" else str(row[key]) for key in SHOWN[title]))
        out.print(table)
        out.print()


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Whether this machine and this database are fit, and what waits: versions, migration, lanes, work, paused accounts."""
    found = run(commands.doctor(read_settings()))
    lines = [f"{'ok ' if one['ok'] else 'BAD'} {one['what']}: {one['found']}" for one in found["checks"]]
    _say(found, as_json=as_json, text="\n".join(lines))
    raise typer.Exit(0 if found["ok"] else 1)


@app.command()
def check(as_json: AsJson = False) -> None:
    """Verify the invariants on the live database; names the rows that offend and exits 1 if there are any."""
    found = run(commands.check(read_settings()))
    lines = [
        f"{'ok ' if not rows else 'BAD'} {name}{''.join(f'{chr(10)}      {row}' for row in rows)}"
        for name, rows in found.items()
    ]
    well = not any(found.values())
    _say({"ok": well, "checks": found}, as_json=as_json, text="\n".join(lines))
    raise typer.Exit(0 if well else 1)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file; it must not exist.")], as_json: AsJson = False
) -> None:
    """Write the whole database to one file, while everything runs. Credentials stay sealed: keep the key file too."""
    counts = run(keeping.backup(read_settings(), file))
    _say({"file": str(file), "rows": counts}, as_json=as_json, text=f"{sum(counts.values())} rows in {file}")


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")], as_json: AsJson = False) -> None:
    """Load a backup into an empty database. Every carrier account starts paused: look first, then `homeward resume`."""
    counts = run(commands.restore(read_settings(), file))
    text = f"{sum(counts.values())} rows restored; carriers are paused until `homeward resume`"
    _say({"file": str(file), "rows": counts}, as_json=as_json, text=text)


@app.command()
def archive(
    older_than: Annotated[str, typer.Option(help="How long ago a return must have ended, in days.")] = "400d",
    to: Annotated[Path | None, typer.Option(help="A folder; `archive` beside the data if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Move tracking events of returns that ended long ago into compressed files. Safe to stop and to run again."""
    days = older_than.removesuffix("d")
    if not (days.isascii() and days.isdigit() and len(days) <= 5):
        raise typer.BadParameter("days, as in 400d", param_hint="--older-than")
    told = partial(typer.echo, err=True)
    counts = asdict(run(commands.archive(read_settings(), timedelta(days=int(days)), to, told)))
    _say(counts, as_json=as_json, text="{events} events of {returns} returns in {files} files".format(**counts))


@app.command()
def resume(
    exporter: Annotated[str | None, typer.Option(help="Only this exporter's accounts.")] = None, as_json: AsJson = False
) -> None:
    """Open paused carrier accounts again."""
    opened = run(commands.resume(read_settings(), exporter))
    _say({"opened": opened}, as_json=as_json, text=f"{opened} accounts opened")


@returns_app.command("show")
def show(
    number: Annotated[str, typer.Argument(help="Our id, or any number of the return.")], as_json: AsJson = False
) -> None:
    """A return's case and timeline, found by any number."""
    cases = run(commands.show_returns(read_settings(), number))
    if as_json:
        _say(cases, as_json=True)
        return
    for case in cases:
        out.print(f"[bold]{case['case']['id']}[/bold]  {case['case']['status']}")
        for shipment in case["case"]["shipments"]:
            out.print(f"  {shipment['carrier']} {shipment['waybill']} {shipment['state']}")
        for deadline in case["case"]["deadlines"]:
            out.print(f"  {deadline['clock']} by {deadline['due_at']:%Y-%m-%d %H:%M} UTC, {deadline['state']}")
        table = Table("when (UTC)", "who", "what", "details", box=None, pad_edge=False)
        for moment in case["timeline"]:
            when = moment["at"][:19].replace("T", " ")
            table.add_row(when, moment["source"], moment["kind"], _details(moment["data"]))
        out.print(table)


QUIET = frozenset({"actor", "subject", "notice_id", "target_id", "document_id", "sha256", "zone", "heard", "evidence"})


def _details(data: dict[str, Any]) -> str:
    """The parts of a moment that a person reads, on one line; `--json` has them all."""
    flat = {**{key: value for key, value in data.items() if key != "after"}, **(data.get("after") or {})}
    shown = [
        f"{key}={_word(value)}" for key, value in flat.items() if value not in (None, "", [], {}) and key not in QUIET
    ]
    return ", ".join(shown)[:120]


def _word(value: Any) -> str:
    return " ".join(str(part) for part in value.values() if part) if isinstance(value, dict) else str(value)


@keys_app.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for.")] = "key",
    exporter: Annotated[str | None, typer.Option(help="The exporter's id; the only one, if there is one.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="May be repeated; all, if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """A new API key. It is shown once and kept only as a digest."""
    made = run(commands.create_key(read_settings(), exporter, name, scope))
    _say(made, as_json=as_json, text=f"{made['key']}\n(for {made['exporter']}; it will not be shown again)")


def main() -> None:
    """The command, with errors of the house in one line."""
    try:
        app()
    except Taken as error:
        _fail(str(error), 4)
    except (StoreUnavailable, NotMigrated) as error:
        _fail(str(error), 5)
    except (NotFound, NotEmpty) as error:
        _fail(str(error), 1)
    except (FileExistsError, commands.CannotListen, commands.CannotUse) as error:
        _fail(str(error), 2)


def _fail(text: str, status: int) -> None:
    typer.echo(f"homeward: {text}", err=True)
    raise SystemExit(status)


if __name__ == "__main__":
    main()
