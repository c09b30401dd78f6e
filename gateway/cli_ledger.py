"""`homeward ledger`: every transfer of the books as a file, Parquet or CSV by its name.

Exit status: 0 well; 2 a file that is there already, a name that says no form, or a form whose extra is not installed.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway import running
from gateway.cli_invoice import whose
from gateway.cli_settings import read_settings
from gateway.config import Settings
from gateway.journeys.exporting import END, write_ledger
from gateway.store.types import EPOCH
from schemas.errors import Unsupported

DAY = ["%Y-%m-%d"]


def ledger(
    file: Annotated[Path, typer.Argument(help="A new file; .parquet or .csv.")],
    since: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="Posted from this day on (UTC).")
    ] = None,
    before: Annotated[datetime | None, typer.Option(formats=DAY, help="Posted before this day (UTC).")] = None,
    exporter: Annotated[str | None, typer.Option(help="The exporter's id; the only one, if there is one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Every transfer of the books, with exact types: minor units, currency, instants in UTC. While everything runs."""
    form = file.suffix.removeprefix(".")
    if form not in ("parquet", "csv"):
        raise typer.BadParameter("a name that ends with .parquet or .csv", param_hint="FILE")
    if file.exists():
        raise FileExistsError(f"{file} is there already")
    try:
        written = running.run(_write(read_settings(), file, form, exporter, since, before))
    except Unsupported as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from error
    typer.echo(json.dumps({"file": str(file), "rows": written}) if as_json else f"{written} transfers in {file}")


async def _write(
    settings: Settings, file: Path, form: str, exporter: str | None, since: datetime | None, before: datetime | None
) -> int:
    async with running.ready_gateway(settings) as gw:
        exporter_id = await whose(gw, exporter)
        return await write_ledger(gw, exporter_id, file, form, since=_utc(since, EPOCH), before=_utc(before, END))


def _utc(day: datetime | None, unsaid: datetime) -> datetime:
    return day.replace(tzinfo=UTC) if day else unsaid
