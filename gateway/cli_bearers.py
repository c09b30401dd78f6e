"""`homeward bearers`: who bears which charge. Without a file it says what counts; with one it keeps the next version.

Exit status: 0 well; 1 the file holds no rules; 2 a file that cannot be opened.
"""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from pydantic import ValidationError

from gateway import running
from gateway.cli_invoice import whose
from gateway.cli_settings import read_settings
from gateway.config import Settings
from gateway.journeys import bearing
from gateway.lock import only_writer
from schemas.bearers import BearerRules
from schemas.errors import Refused


def bearers(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="Rules, a YAML file: valid_from and rules.")
    ] = None,
    exporter: Annotated[str | None, typer.Option(help="The exporter's id; the only one, if there is one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Who bears which charge, of bills from a day on: the first rule that fits, else the exporter."""
    try:
        rules = _read(file.read_bytes()) if file else None
        told = running.run(_told(read_settings(), rules, exporter))
    except (ValueError, Refused) as error:
        said = _wrong(error)
        typer.echo(json.dumps({"problems": said}) if as_json else "\n".join(said))
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(told))
        return
    typer.echo(f"version {told['version']}, bills from {told['valid_from']}" if told["version"] else "no rules")
    for rule in told["rules"]:
        parts = [", ".join(rule[name]) for name in ("charges", "channels", "reasons") if rule[name]]
        typer.echo(f"  {rule['bearer'] or 'as the terms say'}: {'; '.join(parts) or 'everything'}")
    typer.echo("  exporter: everything else")


def _read(content: bytes) -> BearerRules:
    """Raises ValueError."""
    try:
        return BearerRules.model_validate(yaml.safe_load(content), strict=False)
    except (yaml.YAMLError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError("this is not YAML") from error


def _wrong(error: Exception) -> list[str]:
    if not isinstance(error, ValidationError):
        return [str(error)]
    found = error.errors(include_url=False, include_context=False)
    return [f"{'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}" for one in found]


async def _told(settings: Settings, rules: BearerRules | None, exporter: str | None) -> dict[str, Any]:
    with nullcontext() if settings.db or rules is None else only_writer(settings.data):
        async with running.ready_gateway(settings) as gw:
            exporter_id = await whose(gw, exporter)
            if rules is not None:
                async with gw.store.transaction(exporter_id, "command line") as tx:
                    await bearing.decide(tx, rules)
            async with gw.store.reading(exporter_id) as tx:
                row = await tx.bearers.last()
    nothing: dict[str, Any] = {"version": 0, "valid_from": None, "rules": []}
    return {"version": row.version, **row.rules.model_dump(mode="json")} if row else nothing
