"""Finds scenarios by folder and plays them: no adapter is named here."""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from inspect import signature
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

from pydantic import BaseModel, SecretStr, TypeAdapter

from adapters import registry
from adapters.seam import Carrier, CarrierAccount, Platform, PlatformAccount
from adapters.toolkit.auth import Token, TokenStore
from adapters.toolkit.http import Http
from adapters.toolkit.redaction import Exchange, Redactor
from adapters.toolkit.transport import Answer, Request, Wire
from schemas.errors import AdapterError
from schemas.messages import InboundMessage
from schemas.values import Model
from tests.adapters.wire import Acted, Recorded, answer_of, read_http

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
FIND: Mapping[str, Callable[[], Mapping[str, type]]] = {
    "carriers": registry.carriers,
    "platforms": registry.platforms,
    "invoices": registry.invoice_readers,
}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def adapters_of(kind: str) -> Mapping[str, type]:
    """Every adapter of that kind that stands in a folder here."""
    return MappingProxyType(
        {name: found for name, found in FIND[kind]().items() if (ROOT / "adapters" / kind / name).is_dir()}
    )


@dataclass(frozen=True)
class Scenario:
    """One folder of fixtures."""

    kind: str
    adapter: str
    path: Path

    def __str__(self) -> str:
        return f"{self.adapter}/{self.path.name}"

    @property
    def name(self) -> str:
        return self.path.name

    def _json(self, name: str) -> Any:
        return json.loads((self.path / name).read_text())

    @property
    def given(self) -> dict[str, Any]:
        return self._json("given.json")

    @property
    def then(self) -> dict[str, Any]:
        return self._json("then.json")

    @property
    def verb(self) -> str:
        return self.given["verb"]

    @property
    def account(self) -> dict[str, Any]:
        """The adapter's `account.json` with what `given.json` says otherwise."""
        common, given = self.path.parent / "account.json", self.path / "given.json"
        told = json.loads(common.read_text()) if common.exists() else {}
        return {**told, **(self.given.get("account", {}) if given.exists() else {})}

    def recorded(self, part: str) -> list[Recorded]:
        """The `1-request.http`, `2-request.http`, … or responses, in order."""
        paths = (self.path / f"{number}-{part}.http" for number in itertools.count(1))
        return [read_http(path) for path in itertools.takewhile(Path.exists, paths)]

    @property
    def message(self) -> InboundMessage:
        """The `message.http` as it would have come in."""
        record, given = read_http(self.path / "message.http"), self.given
        return InboundMessage(
            body=record.body,
            headers=record.headers,
            url=given.get("url", record.start.split()[1]),
            received_at=datetime.fromisoformat(given["received_at"]) if given.get("received_at") else NOW,
        )


def scenarios_of(kind: str) -> list[Scenario]:
    """All of one kind, for adapters that are there."""
    return [
        Scenario(kind, name, path)
        for name in adapters_of(kind)
        for path in sorted((FIXTURES / kind / name).glob("*/"))
        if path.is_dir()
    ]


def decoded(annotation: Any, value: object) -> Any:
    """A canonical value from its JSON."""
    return TypeAdapter(annotation).validate_json(json.dumps(value))


@dataclass
class Play:
    """What happened when a scenario was played."""

    sent: list[Request] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    returned: Any = None
    error: AdapterError | None = None
    adapter: Any = None


def planted(credentials: BaseModel) -> BaseModel:
    """The same credentials, every secret replaced by a marker that is awkward in JSON, XML, URLs and regular expressions."""
    marked = {
        name: SecretStr(marker_of(name))
        for name in type(credentials).model_fields
        if isinstance(getattr(credentials, name), SecretStr)
    }
    return credentials.model_copy(update=marked)


def marker_of(name: str) -> str:
    return f'pl4nted{name}"<&>\\+%'


async def play(scenario: Scenario, *, plant: bool = False, replies: Sequence[Recorded] | None = None) -> Play:
    """Call the verb with the recorded replies. Nothing but AdapterError is caught."""
    result, told = Play(), scenario.account
    answers = iter(replies if replies is not None else scenario.recorded("response"))

    def handle(request: Request) -> Answer:
        result.sent.append(request)
        answer = next(answers, None)
        if answer is None:
            raise AssertionError(f"request {len(result.sent)} has no recorded response: {request.method} {request.url}")
        return answer_of(answer)

    result.adapter = build(scenario, told, Acted(handle), result.exchanges.append, plant=plant)
    verb = getattr(result.adapter, scenario.verb)
    try:
        result.returned = await verb(*arguments_of(scenario, verb))
    except AdapterError as error:
        result.error = error
    return result


def build(
    scenario: Scenario,
    told: dict[str, Any],
    client: Wire,
    record: Callable[[Exchange], None] | None = None,
    *,
    plant: bool = False,
) -> Any:
    """The adapter on the scenario's account. `"token"` in the account saves recording the token's exchange each time."""
    adapter = adapters_of(scenario.kind)[scenario.adapter]
    credentials = adapter.profile.credentials.model_validate(told.get("credentials", {}))
    credentials = planted(credentials) if plant else credentials
    tokens = TokenStore(lambda: 1000.0)
    if told.get("token"):
        tokens.keep(Token("pl4ntedtoken" if plant else told["token"], float("inf")))
    http = Http(client, tokens=tokens, redactor=Redactor.of(credentials), record=record, monotonic=lambda: 1000.0)
    base = told.get("base_url")
    if issubclass(adapter, Carrier):
        zone = told.get("zone", "UTC")
        mine = CarrierAccount(id="acc1", carrier=scenario.adapter, credentials=credentials, base_url=base, zone=zone)
        return adapter(mine, http)
    assert issubclass(adapter, Platform)
    return adapter(PlatformAccount(id="acc1", platform=scenario.adapter, credentials=credentials, base_url=base), http)


def arguments_of(scenario: Scenario, verb: Callable[..., Any]) -> list[Any]:
    """The canonical arguments, read by the verb's own annotations."""
    hints, given = get_type_hints(verb), scenario.given["arguments"]
    names = list(signature(verb).parameters)
    assert len(given) == len(names), f"{scenario}: {scenario.verb} takes {names}"
    return [decoded(hints[name], value) for name, value in zip(names, given, strict=True)]


def expected_of(scenario: Scenario, verb: Callable[..., Any]) -> Any:
    """The recorded canonical value, read by the verb's own return annotation."""
    returns = scenario.then["returns"]
    hint = get_type_hints(verb)["return"]
    return None if hint is type(None) else decoded(hint, returns)


def adapter_of(scenario: Scenario, *, plant: bool = False) -> Any:
    """On an account whose other side does not exist: reading a message asks nobody."""
    return build(scenario, scenario.account, Acted(lambda request: Answer(500, {}, b"")), plant=plant)


def described(error: AdapterError | None) -> dict[str, Any]:
    """An error as `then.json` writes it."""
    if error is None:
        return {}
    names = ("code", "wire_code", "wire_text", "field", "retry_after", "retry_at")
    values = {name: getattr(error, name) for name in names if hasattr(error, name)}
    if values.get("retry_at"):
        values["retry_at"] = values["retry_at"].isoformat()
    return {"class": type(error).__name__, **values}


def plain(value: Any) -> Any:
    """A canonical value, or several, as JSON says it."""
    if isinstance(value, Model):
        return json.loads(value.model_dump_json())
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [plain(one) for one in value]
    return value
