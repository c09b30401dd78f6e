"""`homeward read` and `homeward verify`, over the fixtures of the real adapters."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from adapters import registry
from gateway.cli_read import read_app, verify_app
from gateway.reading import NotReadable, read_message

FIXTURES = Path(__file__).parents[1] / "fixtures"
SHOP = FIXTURES / "platforms/shopify"
app = typer.Typer()
app.add_typer(read_app, name="read")
app.add_typer(verify_app, name="verify")


def run(*argv: str | Path) -> tuple[int, Any, str]:
    """Exit status, what was printed as JSON (None where nothing was), and the other stream."""
    result = CliRunner().invoke(app, [str(part) for part in argv], env={"COLUMNS": "200"})
    return result.exit_code, json.loads(result.stdout) if result.stdout else None, result.stderr


KINDS = {"book": "booking", "track": "tracking", "void": "void", "book_pickup": "pickup", "quote": "quote"}


def replies(carrier: str, verb: str, outcome: str) -> list[Any]:
    """The recorded reply of each scenario of a verb with one reply, and what then came of it."""
    found = []
    for scenario in sorted((FIXTURES / "carriers" / carrier).iterdir()):
        if not scenario.is_dir() or json.loads((scenario / "given.json").read_text())["verb"] != verb:
            continue
        then = json.loads((scenario / "then.json").read_text())
        replied = sorted(scenario.glob("*-response.http"))
        if outcome in then and len(replied) == 1 and not replied[0].read_bytes().startswith(b"!"):
            found.append(pytest.param(carrier, replied[0], then[outcome], id=f"{carrier}-{scenario.name}"))
    return found


REAL = ("chronopost", "dhl_express")


@pytest.mark.parametrize(
    ("carrier", "file", "then"), [one for name in REAL for one in replies(name, "track", "returns")]
)
def test_tracking_replies(carrier: str, file: Path, then: dict[str, Any]) -> None:
    code, printed, _ = run("read", "carrier", carrier, "tracking", file)
    shown = ("waybill", "status", "occurred_at", "zone", "place", "wire_code", "wire_text", "reason")
    wanted = [{name: event[name] for name in shown} for event in then["events"]]
    assert (code, printed["events"]) == (0, wanted)
    assert set(printed) == {"events", "not_found"}
    assert set(printed["not_found"]) <= set(then["not_found"])


@pytest.mark.parametrize(
    ("carrier", "file", "then"), [one for name in REAL for one in replies(name, "book", "returns")]
)
def test_booking_replies(carrier: str, file: Path, then: dict[str, Any]) -> None:
    code, printed, _ = run("read", "carrier", carrier, "booking", file)
    assert (code, printed["waybill"], printed["parcels"]) == (0, then["waybill"], then["parcels"])
    assert [label["format"] for label in printed["labels"]] == [label["format"] for label in then["labels"]]
    assert all(label["size"] > 0 for label in printed["labels"])
    assert [charge["amount"] for charge in printed["charges"]] == [
        charge["money"]["amount"] for charge in then["charges"]
    ]


@pytest.mark.parametrize(
    ("carrier", "file", "then"),
    [one for name in REAL for verb in ("book", "track") for one in replies(name, verb, "raises")],
)
def test_the_carriers_own_errors(carrier: str, file: Path, then: dict[str, Any]) -> None:
    verb = json.loads((file.parent / "given.json").read_text())["verb"]
    code, printed, _ = run("read", "carrier", carrier, KINDS[verb], file)
    assert code == 3
    assert printed["error"]["class"] == then["class"]
    assert (printed["error"]["code"], printed["error"]["wire_code"]) == (then.get("code"), then.get("wire_code"))
    assert set(printed["error"]) == {"class", "code", "wire_code", "wire_text"}


def test_status_and_headers_of_a_raw_body(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"slow down")
    for kind, status, error in (
        ("booking", "503", "OutcomeUnknown"),
        ("tracking", "503", "Unavailable"),
        ("booking", "429", "Throttled"),
        ("tracking", "401", "CredentialsRejected"),
        ("booking", "200", "Unintelligible"),
    ):
        code, printed, _ = run("read", "carrier", "dhl_express", kind, tmp_path / "body", "--status", status)
        assert (code, printed["error"]["class"]) == (3, error)
    waiting = ("--status", "503", "--header", "Retry-After: 7")
    code, printed, _ = run("read", "carrier", "dhl_express", "tracking", tmp_path / "body", *waiting)
    assert printed["error"]["class"] == "Throttled"


def test_the_error_of_a_reply_of_any_kind() -> None:
    refused = FIXTURES / "carriers/chronopost/refused-product/1-response.http"
    booked = FIXTURES / "carriers/chronopost/booked/1-response.http"
    _, wanted, _ = run("read", "carrier", "chronopost", "booking", refused)
    assert run("read", "carrier", "chronopost", "error", refused)[:2] == (3, wanted)
    assert run("read", "carrier", "chronopost", "error", booked)[:2] == (0, {"error": None})


@pytest.mark.parametrize("change", [lambda text: text, lambda text: text.replace(b"\n", b"\r\n")])
def test_a_message_file_and_its_body_say_the_same(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    whole = FIXTURES / "carriers/dhl_express/tracked/1-response.http"
    (tmp_path / "whole.http").write_bytes(change(whole.read_bytes()))
    (tmp_path / "raw").write_bytes(read_message(whole.read_bytes()).body)
    expected = run("read", "carrier", "dhl_express", "tracking", whole)
    assert expected[0] == 0
    for name in ("whole.http", "raw"):
        assert run("read", "carrier", "dhl_express", "tracking", tmp_path / name) == expected


def test_message_files() -> None:
    request = read_message(b"POST /a?b=c HTTP/1.1\r\nHost: x.example\r\nX-A:  1 \r\n\r\n{}\r\n")
    assert (request.target, request.body, request.headers["x-a"]) == ("/a?b=c", b"{}\r\n", "1")
    stated = read_message(b"HTTP/1.1 404\nContent-Length: 2\n\n{}\n", [("X-A", "2")])
    assert (stated.status, stated.body, stated.headers["x-a"]) == (404, b"{}", "2")
    assert read_message(b'{"HTTP/1.1": 1}').body == b'{"HTTP/1.1": 1}'
    assert read_message(b"HTTP/1.1 204 No Content\nX-A: 1").body == b""
    with pytest.raises(NotReadable):
        read_message(b"HTTP/1.1 200 OK\nno colon here\n\n")


@pytest.mark.parametrize("scenario", sorted(path.name for path in SHOP.glob("read-*")))
def test_platform_messages(scenario: str) -> None:
    [then] = json.loads((SHOP / scenario / "then.json").read_text())["returns"]
    code, printed, _ = run("read", "platform", "shopify", SHOP / scenario / "message.http")
    [event] = printed["events"]
    assert code == 0
    for name in ("kind", "rma_id", "order_id", "status", "wire_status", "occurred_at", "waybill"):
        assert event[name] == then[name]
    assert event["items"] == [{"sku": item["sku"], "quantity": item["quantity"]} for item in then["items"]]


def secret_file(folder: Path, content: str) -> Path:
    (folder / "secret").write_text(content)
    return folder / "secret"


def test_signatures(tmp_path: Path) -> None:
    held = json.loads((SHOP / "account.json").read_text())["credentials"]["client_secret"]
    message = SHOP / "read-requested/message.http"
    ask = ("verify", "platform", "shopify")
    both = json.dumps({"client_secret": "newer", "former_secret": held})
    for content in (held, f"{held}\n", json.dumps({"client_secret": held}), both):
        assert run(*ask, message, "--secret-file", secret_file(tmp_path, content))[:2] == (0, {"valid": True})
    assert run(*ask, message, "--secret-file", secret_file(tmp_path, "another"))[:2] == (1, {"valid": False})
    secret = secret_file(tmp_path, held)
    (tmp_path / "tampered.http").write_bytes(message.read_bytes().replace(b"requested", b"open"))
    assert run(*ask, tmp_path / "tampered.http", "--secret-file", secret)[:2] == (1, {"valid": False})
    (tmp_path / "edited.http").write_bytes(message.read_bytes() + b"\n")
    assert run(*ask, tmp_path / "edited.http", "--secret-file", secret)[0] == 0
    whole = read_message(message.read_bytes())
    (tmp_path / "raw.json").write_bytes(whole.body)
    signature = ("--header", f"X-Shopify-Hmac-SHA256: {whole.headers['x-shopify-hmac-sha256']}")
    assert run(*ask, tmp_path / "raw.json", "--secret-file", secret, *signature)[0] == 0
    assert run(*ask, tmp_path / "raw.json", "--secret-file", secret)[0] == 1


def test_a_platform_that_only_wants_its_secret(tmp_path: Path) -> None:
    """No other credential is needed to verify a file, whatever the platform requires of an account."""
    (tmp_path / "body").write_bytes(b"{}")
    for name, adapter in registry.platforms().items():
        field = adapter.profile.secret_field
        secret = secret_file(tmp_path, json.dumps({field: "c2VjcmV0"}) if field else "{}")
        code, printed, _ = run("verify", "platform", name, tmp_path / "body", "--secret-file", secret)
        assert (code, set(printed)) in ((0, {"valid"}), (1, {"valid"})), name


def test_invoices() -> None:
    file = FIXTURES / "invoices/fedex_billing/two-invoices/document.csv"
    code, printed, _ = run("read", "invoice", file)
    assert (code, printed["format"], printed["carrier"], printed["problems"]) == (0, "fedex_billing", "fedex", [])
    assert [(bill["number"], bill["issued_on"], bill["total"]) for bill in printed["invoices"]] == [
        ("700111222", "2026-10-12", "1136.85"),
        ("700111333", "2026-10-12", "44.25"),
    ]
    assert printed["invoices"][1]["lines"][1] == {
        "waybill": None,
        "type": "SERVICE_FEE",
        "wire_code": "Weekly Service Chg",
        "description": "Weekly Service Chg",
        "amount": "43.00",
        "currency": "USD",
    }
    assert run("read", "invoice", file, "--format", "fedex_billing")[1] == printed
    _, broken, _ = run("read", "invoice", FIXTURES / "invoices/fedex_billing/broken-lines/document.csv")
    assert (broken["problems"][0]["row"], broken["problems"][0]["code"]) == (2, "amount_unreadable")


def test_invoices_by_a_profile(tmp_path: Path) -> None:
    profile, file = tmp_path / "my.yaml", tmp_path / "odd.csv"
    profile.write_text("carrier: oddpost\ncurrency: EUR\ncolumns: {waybill: Sendung}\ncharges: {Fracht: FREIGHT}\n")
    file.write_bytes("Sendung;Fracht\n00123;1.012,50\n".encode("cp1252"))
    code, printed, _ = run("read", "invoice", file, "--profile", profile)
    [bill] = printed["invoices"]
    assert (code, printed["carrier"], bill["total"], bill["lines"][0]["waybill"]) == (0, "oddpost", "1012.50", "00123")
    assert run("read", "invoice", file, "--format", "mapped", "--profile", profile)[1] == printed
    assert run("read", "invoice", file)[0] == 3
    _, missing, _ = run("read", "invoice", file, "--profile", "wwex")
    assert {problem["code"] for problem in missing["problems"]} == {"column_missing"}
    profile.write_text("carrier: oddpost\ncurrency: EUR\ncharges: {Fracht: FREIHT}\n")
    code, printed, said = run("read", "invoice", file, "--profile", profile)
    assert (code, printed) == (2, None)
    assert "did you mean FREIGHT?" in said


def test_what_nobody_understands(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x00\xff")
    for argv in (("invoice",), ("platform", "shopify"), ("carrier", "dhl_express", "tracking")):
        code, printed, said = run("read", *argv, tmp_path / "file")
        assert (code, printed["error"]["class"]) == (3, "Unintelligible")
        assert said


@pytest.mark.parametrize(
    "argv",
    [
        ("read", "carrier", "nobody", "tracking", "FILE"),
        ("read", "carrier", "dhl_express", "nothing", "FILE"),
        ("read", "carrier", "dhl_express", "push", "FILE"),
        ("read", "carrier", "dhl_express", "tracking", "MISSING"),
        ("read", "carrier", "dhl_express", "tracking", "."),
        ("read", "carrier", "dhl_express", "tracking"),
        ("read", "carrier", "dhl_express", "tracking", "FILE", "--status", "7"),
        ("read", "carrier", "dhl_express", "tracking", "FILE", "--header", "no colon"),
        ("read", "platform", "nobody", "FILE"),
        ("read", "invoice", "FILE", "--format", "nobody"),
        ("read", "invoice", "FILE", "--profile", "nobody"),
        ("read", "invoice", "FILE", "--profile", "MISSING"),
        ("read", "invoice", "FILE", "--format", "sandbox_csv", "--profile", "wwex"),
        ("read", "--batch", "MISSING"),
        ("verify", "platform", "shopify", "FILE"),
        ("verify", "platform", "shopify", "FILE", "--secret-file", "MISSING"),
        ("verify", "platform", "shopify", "FILE", "--secret-file", "UNKNOWN"),
        ("verify", "platform", "shopify", "FILE", "--secret-file", "FILE", "--at", "yesterday"),
        ("verify", "platform", "shopify", "FILE", "--secret-file", "FILE", "--at", "2026-11-22T09:30:00"),
    ],
)
def test_wrong_usage(tmp_path: Path, argv: tuple[str, ...]) -> None:
    (tmp_path / "FILE").write_bytes(b"{}")
    (tmp_path / "UNKNOWN").write_bytes(b'{"password": "hidden-secret"}')
    code, printed, said = run(*(tmp_path / part if part.isupper() else part for part in argv))
    assert (code, printed) == (2, None)
    assert said.strip()
    assert "hidden-secret" not in said


def test_a_batch_answers_line_by_line(tmp_path: Path) -> None:
    message, bill = SHOP / "read-requested/message.http", FIXTURES / "invoices/fedex_billing/two-invoices/document.csv"
    (tmp_path / "garbage").write_bytes(b"<html>")
    asked: list[tuple[str, ...]] = [
        ("platform", "shopify", str(message)),
        ("invoice", str(bill)),
        ("carrier", "dhl_express", "booking", str(tmp_path / "garbage"), "--status", "503"),
        ("carrier", "nobody", "booking", str(message)),
        ("nothing",),
        ("--batch", str(tmp_path / "batch")),
    ]
    lines = [json.dumps({"argv": argv}) for argv in asked]
    (tmp_path / "batch").write_text("\n".join([*lines, "no json", '{"argv": 7}', ""]))
    result = CliRunner().invoke(app, ["read", "--batch", str(tmp_path / "batch")])
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [answer["exit"] for answer in answers] == [0, 0, 3, 2, 2, 2, 2, 2]
    for argv, answer in zip(asked[:3], answers, strict=False):
        alone = CliRunner().invoke(app, ["read", *argv])
        assert (alone.exit_code, alone.stdout) == (answer["exit"], answer["stdout"])
