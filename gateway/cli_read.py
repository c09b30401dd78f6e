"""`homeward read …` and `homeward verify …`: the integrator's command line. Prints one line of JSON.

Exit status: 0 read; 1 the signature does not hold; 2 the question cannot be put (usage, a file that cannot be opened);
3 the other side's own error, printed as {"error": {"class", "code", "wire_code", "wire_text"}}.
"""

import contextlib
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from gateway import reading
from gateway.shown import shown, shown_reply
from schemas.errors import AdapterError

EXITS = (
    "Exit status: 0 read or valid; 1 not valid; 2 wrong usage or a file that cannot be opened; "
    "3 the carrier's or platform's own error, or a file that nobody understands."
)
read_app = typer.Typer(
    help=f"Read files with the adapters' own readers; nothing is sent. {EXITS}", no_args_is_help=True
)
verify_app = typer.Typer(help=f"Verify signed messages; nothing is sent. {EXITS}", no_args_is_help=True)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise typer.BadParameter("a header is 'Name: value'")
    return name, value


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise typer.BadParameter("an instant is like 2026-11-22T09:30:00Z")
    return found


File = Annotated[Path, typer.Argument(metavar="FILE", help="A raw body, or an .http message.")]
Headers = Annotated[
    list[Any] | None,
    typer.Option("--header", metavar="'K: V'", parser=_header, help="A header of the message; may be repeated."),
]
At = Annotated[
    datetime | None,
    typer.Option("--at", metavar="RFC3339", parser=_instant, help="When the message arrived; now, if left out."),
]
Url = Annotated[str, typer.Option("--url", help="The address that the message was sent to, where it is signed too.")]


@read_app.callback(invoke_without_command=True)
def read(
    context: typer.Context,
    batch: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help='One {"argv": […]} a line: the arguments after `read`.')
    ] = None,
) -> None:
    if batch is None:
        return
    if context.invoked_subcommand is not None:
        raise typer.BadParameter("--batch stands alone")
    for line in _bytes(batch).splitlines():
        if line.strip():
            typer.echo(json.dumps(_one(line), ensure_ascii=False))


def _one(line: bytes) -> dict[str, object]:
    """One line of a batch. A line that is no {"argv": […]} fails alone."""
    printed = io.StringIO()
    code: object = 2
    with contextlib.redirect_stdout(printed):
        try:
            argv = [str(part) for part in json.loads(line)["argv"]]
            if any(part.startswith("--batch") for part in argv):
                raise ValueError("a batch in a batch")
            typer.main.get_command(read_app)(args=argv, prog_name="homeward read")
        except SystemExit as leaving:
            code = leaving.code or 0
        except (ValueError, LookupError, TypeError) as error:
            typer.echo(f"not a line of a batch: {error}", err=True)
    return {"exit": code, "stdout": printed.getvalue()}


@read_app.command("carrier")
def read_carrier(
    carrier: Annotated[str, typer.Argument(metavar="ID")],
    kind: Annotated[str, typer.Argument(help="tracking, booking, void, pickup, quote, proof, push, find, error, …")],
    file: File,
    status: Annotated[int | None, typer.Option(min=100, max=599, help="The status, of a raw body (200).")] = None,
    header: Headers = None,
) -> None:
    """What a carrier's reply or push says. The kind `error` takes a reply of any kind and shows the error it reads to."""
    message = _message(file, header)

    def ask() -> object:
        value = reading.read_carrier(carrier, kind, message, status, datetime.now(UTC))
        if isinstance(value, AdapterError):
            raise value
        return shown_reply(value, kind)

    _answer(ask)


@read_app.command("platform")
def read_platform(
    platform: Annotated[str, typer.Argument(metavar="ID")],
    file: File,
    secret_file: Annotated[Path | None, typer.Option(help="Only where the message is encrypted.")] = None,
    header: Headers = None,
    url: Url = "",
    at: At = None,
) -> None:
    """What a platform's message says; its signature is not asked."""
    message, secret = _message(file, header), _bytes(secret_file) if secret_file else None
    arrived = at or datetime.now(UTC)
    _answer(
        lambda: {"events": [shown(event) for event in reading.read_platform(platform, message, secret, url, arrived)]}
    )


@read_app.command("invoice")
def read_invoice(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The invoice file as the carrier gives it.")],
    form: Annotated[str | None, typer.Option("--format", metavar="ID", help="Recognised, if left out.")] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.yaml|NAME", help="A profile of your own, or one that comes along, for any CSV or XLSX."
        ),
    ] = None,
) -> None:
    """What an invoice file bills; a line that cannot be read is among its problems."""
    content = _bytes(file)
    named = profile is not None and not Path(profile).is_file() and re.fullmatch("[a-z0-9_]+", profile)
    described = profile if profile is None or named else _bytes(Path(profile))
    _answer(lambda: shown(reading.read_invoice(content, form, described)))


@verify_app.callback()
def verify() -> None:
    """Keeps `platform` a command of its own."""


@verify_app.command("platform")
def verify_platform(
    platform: Annotated[str, typer.Argument(metavar="ID")],
    file: File,
    secret_file: Annotated[
        Path,
        typer.Option(help="Plain text, a PEM, or where there are several a JSON object under the platform's names."),
    ],
    url: Url = "",
    header: Headers = None,
    at: At = None,
) -> None:
    """Whether a platform's message is signed by the holder of the secret."""
    message, secret = _message(file, header), _bytes(secret_file)
    try:
        reason = reading.verify_platform(platform, message, secret, url, at or datetime.now(UTC))
    except reading.NotReadable as error:
        _unusable(str(error))
    _print({"valid": reason is None})
    if reason is not None:
        typer.echo(str(reason), err=True)
        raise typer.Exit(1)


def _answer(ask: Callable[[], object]) -> None:
    try:
        _print(ask())
    except reading.NotReadable as error:
        _unusable(str(error))
    except AdapterError as error:
        _print(shown(error))
        typer.echo(str(error), err=True)
        raise typer.Exit(3) from error


def _message(file: Path, headers: list[Any] | None) -> reading.Message:
    try:
        return reading.read_message(_bytes(file), headers or [])
    except reading.NotReadable as error:
        _unusable(f"{file}: {error}")


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        _unusable(f"{file}: {error.strerror or error}")


def _unusable(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(2)


def _print(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))
