"""`homeward tariff`: what was agreed on prices with a carrier. A file is tried without any database, then kept as a version.

Exit status: 0 well; 1 the file is no tariff, or has no price for the shipment that was tried; 2 a file that cannot be opened.
"""

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from gateway import running
from gateway.cli_invoice import whose
from gateway.cli_settings import read_settings
from gateway.config import Settings
from gateway.journeys import pricing
from gateway.lock import only_writer
from gateway.rules import samples, tariffs
from gateway.rules.samples import Sample
from gateway.rules.tariff_file import Unreadable, read_tariff
from gateway.rules.tariffs import NoPrice
from gateway.store.store import Desk
from schemas.errors import NotFound

tariff_app = typer.Typer(help="What was agreed on prices with a carrier.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A tariff, YAML or CSV.")]
Owner = Annotated[str | None, typer.Option(help="The exporter's id; the only one, if there is one.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@tariff_app.command("try")
def try_file(
    file: File,
    service: Annotated[str, typer.Option(help="The carrier's code of the service.")],
    origin: Annotated[str, typer.Option("--from", help="Where it starts: FR, or FR 75002.")],
    destination: Annotated[str, typer.Option("--to", help="Where it goes.")],
    kg: Annotated[str, typer.Option(help="What each parcel weighs.")] = "1",
    parcels: Annotated[int, typer.Option(min=1, max=50, help="How many.")] = 1,
    value: Annotated[str | None, typer.Option(help="What is to be covered: '90.00 EUR'.")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The ship date; today if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """What a shipment would come to, line by line. Nothing is written; no database is needed."""
    day = (on or datetime.now(UTC)).date()
    try:
        covered = samples.money_of(value) if value else None
        asked = samples.request_of(Sample(service, origin, destination, Decimal(kg), day, parcels, covered))
    except (ValueError, InvalidOperation) as error:
        raise typer.BadParameter("a country, a weight or an amount that is none") from error
    try:
        priced = tariffs.price(read_tariff(file.read_bytes()), asked)
    except Unreadable as error:
        _unreadable(error, as_json=as_json)
    except NoPrice as error:
        typer.echo(json.dumps({"because": str(error)}) if as_json else f"no price: {error}")
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps({**priced.quote.model_dump(mode="json"), "lacking": priced.lacking}))
        return
    for one in priced.quote.charges:
        typer.echo(f"{one.type.value:24} {one.money!s:>14}  {one.wire_text}")
    typer.echo(f"{'total':24} {priced.quote.total!s:>14}")
    for lack in priced.lacking:
        typer.echo(f"no price: {lack}")


@tariff_app.command("add")
def add_file(
    file: File,
    account: Annotated[str, typer.Option(help="The carrier account: its id, its number or its name.")],
    exporter: Owner = None,
    as_json: AsJson = False,
) -> None:
    """Keep a file as the next version of an account's tariff. The same file again is the version that is there."""
    try:
        told = running.run(_add(read_settings(), file.read_bytes(), account, exporter))
    except Unreadable as error:
        _unreadable(error, as_json=as_json)
    until = told["valid_until"] or "…"
    said = f"{told['id']}: version {told['version']} of {told['account']}, {told['valid_from']} to {until}"
    typer.echo(json.dumps(told) if as_json else said)


@tariff_app.command("list")
def list_versions(exporter: Owner = None, as_json: AsJson = False) -> None:
    """Every version that is kept, the newest first."""
    told = running.run(_list(read_settings(), exporter))
    if as_json:
        typer.echo(json.dumps({"tariffs": told}))
        return
    for one in told:
        until = one["valid_until"] or "…"
        typer.echo(f"{one['id']}  {one['account']}  version {one['version']}  {one['valid_from']} to {until}")


async def _add(settings: Settings, content: bytes, account: str, exporter: str | None) -> dict[str, Any]:
    with nullcontext() if settings.db else only_writer(settings.data):
        async with running.ready_gateway(settings) as gw:
            exporter_id = await whose(gw, exporter)
            async with gw.store.transaction(exporter_id, "command line") as tx:
                tariff_id = await pricing.agree(tx, await _account(tx, account), content)
                return await _told(tx, await tx.tariffs.get(tariff_id))


async def _account(tx: Desk, said: str) -> str:
    rows = await tx.accounts.listed()
    found = [row.id for row in rows if said in (row.id, row.number, row.name)]
    if len(found) != 1:
        raise NotFound(f"say which account: {', '.join(f'{row.id} ({row.name})' for row in rows)}")
    return str(found[0])


async def _list(settings: Settings, exporter: str | None) -> list[dict[str, Any]]:
    async with running.ready_gateway(settings) as gw:
        exporter_id = await whose(gw, exporter)
        async with gw.store.reading(exporter_id) as tx:
            return [await _told(tx, row) for row in await tx.lists.tariffs(None, 200)]


async def _told(tx: Desk, row: Any) -> dict[str, Any]:
    account = await tx.accounts.get(row.account_id)
    days = {name: str(value) if (value := getattr(row, name)) else None for name in ("valid_from", "valid_until")}
    return {"id": row.id, "account": account.name, "version": row.version, **days}


def _unreadable(error: Unreadable, *, as_json: bool) -> NoReturn:
    """Everything that is wrong, a line each; then the end."""
    problems = [
        {"row": one.row, "column": one.column, "field": one.field, "detail": one.detail} for one in error.problems
    ]
    typer.echo(json.dumps({"problems": problems}) if as_json else "\n".join(map(str, error.problems)))
    raise typer.Exit(1) from error
