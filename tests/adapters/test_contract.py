"""What the gateway asks of every carrier and platform, with no test code of their own: their fixtures are the test.

A scenario's folder holds what was given (canonical), the messages on the wire, and what came of it (canonical or error).
"""

import base64
import logging
import re
from urllib.parse import unquote

import pytest
from pydantic import BaseModel, SecretStr

from adapters.seam import CARRIER_CAPABILITIES, PLATFORM_CAPABILITIES, capabilities
from schemas.errors import (
    AdapterError,
    CredentialsRejected,
    NothingHappened,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unavailable,
    Unintelligible,
)
from schemas.tracking import TrackingStatus
from schemas.values import Model
from tests.adapters.scenarios import (
    Play,
    Scenario,
    adapter_of,
    adapters_of,
    described,
    expected_of,
    marker_of,
    plain,
    play,
    scenarios_of,
)
from tests.adapters.wire import LOST, differences

ALWAYS = ("booked", "refused", "throttled", "lost-reply", "garbage", "unknown-code", "tracked")
IMPLIED = {
    "void": ("voided",),
    "find": ("found",),
    "find_by_day": ("found", "pickup-found"),
    "renew": ("renewed",),
    "quote": ("quoted",),
    "pickup": ("pickup-booked", "pickup-cancelled"),
    "label": ("label-fetched",),
    "proof": ("proof",),
    "list": ("listed",),
    "find_pickup": ("pickup-found",),
    "push": ("pushed",),
    "invoices": ("invoices",),
    "dispute": ("dispute-filed",),
    "find_dispute": ("dispute-found",),
    "claim": ("claim-filed",),
    "find_claim": ("claim-found",),
    "cover": ("cover-bound", "cover-cancelled"),
    "find_cover": ("cover-found",),
}
PLATFORM_VERBS = {
    "list": "list_returns",
    "ask_back": "fetch_return",
    "tracking": "give_tracking",
    "decision": "give_decision",
    "application": "give_application",
    "messages": "give_message",
    "subscriptions": "subscriptions",
}
ERRORS: dict[str, tuple[type[AdapterError], ...]] = {
    "refused": (Refused, CredentialsRejected),
    "throttled": (Throttled,),
    "garbage": (Unintelligible, OutcomeUnknown, Unavailable),
}
CREATES = ("book", "book_pickup", "file_dispute", "file_claim", "bind_cover")
ACTIVE = [one for kind in ("carriers", "platforms") for one in scenarios_of(kind)]
CALLED = [one for one in ACTIVE if not (one.path / "message.http").exists()]
CARRIERS = sorted(adapters_of("carriers"))
PLATFORMS = sorted(adapters_of("platforms"))


@pytest.mark.parametrize("scenario", CALLED, ids=str)
async def test_says_and_reads_what_was_recorded(scenario: Scenario) -> None:
    """The requests equal the recorded ones, in order; the replies become the recorded value or error."""
    played = await play(scenario)
    recorded = scenario.recorded("request")
    for number, (sent, record) in enumerate(zip(played.sent, recorded, strict=False), 1):
        unlike = differences(sent, record)
        assert not unlike, f"{scenario}: request {number} is not as recorded\n" + "\n".join(unlike)
    assert len(played.sent) == len(recorded), f"{scenario}: {len(played.sent)} requests sent, {len(recorded)} recorded"
    require_outcome(scenario, played)


def require_outcome(scenario: Scenario, played: Play) -> None:
    then, error = scenario.then, played.error
    if "raises" not in then:
        assert error is None, f"{scenario}: raised {described(error)}"
        expected = expected_of(scenario, getattr(played.adapter, scenario.verb))
        assert plain(played.returned) == plain(expected), f"{scenario}: another value than recorded"
        return
    assert error is not None, f"{scenario}: returned {played.returned!r} where it should raise"
    said = described(error)
    wanted = {name: value for name, value in then["raises"].items() if name in said}
    assert {name: said[name] for name in wanted} == wanted, f"{scenario}: raised {said}"
    assert not set(then["raises"]) - set(said), (
        f"{scenario}: then.json names what errors do not have; there are {list(said)}"
    )


@pytest.mark.parametrize("scenario", ACTIVE, ids=str)
def test_is_told_with_a_known_kind(scenario: Scenario) -> None:
    """A folder whose name begins with no kind would be counted by nobody; an error's kind is its name's."""
    kinds = (*ALWAYS, *(kind for implied in IMPLIED.values() for kind in implied))
    if scenario.kind == "carriers":
        assert scenario.name.startswith(kinds), (
            f"{scenario}: the name must begin with one of {', '.join(sorted(kinds))}"
        )
    for kind, classes in ERRORS.items():
        if scenario.name.startswith(kind):
            said = scenario.then.get("raises", {}).get("class")
            assert said in {found.__name__ for base in classes for found in (base, *base.__subclasses__())}, (
                f"{scenario}: a {kind} scenario ends in {said}"
            )
    lost = any(reply.start == LOST for reply in scenario.recorded("response")[-1:])
    if lost and scenario.verb in CREATES:
        assert scenario.then["raises"]["class"] == "OutcomeUnknown", f"{scenario}: a lost reply to a create is unknown"


@pytest.mark.parametrize("name", CARRIERS)
def test_carrier_shows_every_kind_it_can(name: str) -> None:
    """Every capability has its scenario."""
    adapter = adapters_of("carriers")[name]
    able = capabilities(adapter, CARRIER_CAPABILITIES)
    wanted = [*ALWAYS, *(kind for capability in sorted(able) for kind in IMPLIED[capability])]
    told = [scenario.name for scenario in scenarios_of("carriers") if scenario.adapter == name]
    missing = [kind for kind in wanted if not any(one.startswith(kind) for one in told)]
    assert not missing, f"fixtures/carriers/{name} lacks {', '.join(missing)}"


@pytest.mark.parametrize("name", PLATFORMS)
def test_platform_shows_every_verb_it_can(name: str) -> None:
    """Every capability has a scenario that ends well, and something is read unless nothing ever comes."""
    adapter = adapters_of("platforms")[name]
    told = [one for one in scenarios_of("platforms") if one.adapter == name]
    well = {one.verb for one in told if "raises" not in one.then}
    wanted = {PLATFORM_VERBS[capability] for capability in capabilities(adapter, PLATFORM_CAPABILITIES)}
    if not adapter.profile.signature.startswith("none"):
        wanted.add("read")
    assert not wanted - well, f"fixtures/platforms/{name} lacks a scenario for {', '.join(sorted(wanted - well))}"


@pytest.mark.parametrize("scenario", [one for one in ACTIVE if "raises" not in one.then], ids=str)
async def test_canonical_values_survive_json(scenario: Scenario) -> None:
    """What the gateway will write into its database comes back the same."""
    played = await play(scenario) if scenario in CALLED else None
    values = played.returned if played else getattr(adapter_of(scenario), scenario.verb)(scenario.message)
    for value in values if isinstance(values, (list, tuple)) else [values]:
        if isinstance(value, Model):
            assert type(value).model_validate_json(value.model_dump_json()) == value


@pytest.mark.parametrize("scenario", [one for one in CALLED if one.name.startswith("unknown-code")], ids=str)
def test_a_strange_code_stays_strange(scenario: Scenario) -> None:
    """Unknown, and kept as the carrier wrote it."""
    if scenario.kind == "carriers" and scenario.verb == "track":
        strange = [one for one in scenario.then["returns"]["events"] if one["status"] == TrackingStatus.UNKNOWN]
        assert strange, f"{scenario}: no event is unknown"
        assert all(one["wire_code"] for one in strange)


@pytest.mark.parametrize("scenario", [one for one in CALLED if one.verb in CREATES], ids=str)
async def test_our_reference_is_sent_and_fits(scenario: Scenario) -> None:
    """Without it a lost reply could never be looked up."""
    reference = scenario.given["arguments"][0]["client_ref"]
    played = await play(scenario)
    if not played.sent and isinstance(played.error, NothingHappened):
        return
    written = [f"{one.url} {dict(one.headers)} {one.content.decode('utf-8', 'replace')}" for one in played.sent]
    assert any(reference in unquote(text) for text in written), f"{scenario}: {reference} is in no request"
    longest = played.adapter.profile.reference_length
    assert len(reference) <= longest, f"{scenario}: the carrier keeps {longest} characters of a reference"


@pytest.mark.parametrize("scenario", CALLED, ids=str)
async def test_no_credential_is_shown(scenario: Scenario, caplog: pytest.LogCaptureFixture) -> None:
    """A marker in each secret appears in no transcript, error, representation or log."""
    caplog.set_level(logging.DEBUG)
    played = await play(scenario, plant=True)
    credentials = played.adapter.account.credentials
    shown = [
        *map(repr, played.exchanges),
        repr(played.adapter),
        repr(played.adapter.account),
        caplog.text,
        *chain(played.error),
    ]
    for marker in ("pl4ntedtoken", *markers(credentials)):
        for text in shown:
            assert not leaks(text, marker), f"{scenario}: a credential is shown in {text[:2000]}"


def markers(credentials: BaseModel) -> list[str]:
    fields = type(credentials).model_fields
    return [marker_of(name) for name in fields if isinstance(getattr(credentials, name), SecretStr)]


def chain(error: BaseException | None) -> list[str]:
    """An error's texts, with its causes'."""
    return [] if error is None else [repr(error), str(error), *chain(error.__cause__ or error.__context__)]


def leaks(text: str, marker: str) -> bool:
    """As it is, or inside base64 at any offset."""
    core = marker.partition('"')[0]
    if core in text:
        return True
    for run in re.findall(r"[A-Za-z0-9+/_-]{12,}", text):
        for cut in range(4):
            piece = run[cut:].replace("-", "+").replace("_", "/")
            if core.encode() in base64.b64decode(piece[: len(piece) // 4 * 4]):
                return True
    return False
