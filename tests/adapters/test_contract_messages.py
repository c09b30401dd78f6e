"""What comes in as bytes: signed messages of platforms and carriers, read and rejected."""

from pathlib import Path
from typing import Any, get_type_hints

import pytest

from adapters.seam import PushesTracking
from schemas.errors import AdapterError, SignatureRejected
from schemas.messages import InboundMessage, Trust
from schemas.values import Model
from tests.adapters.hostile import NOTHING, mutations
from tests.adapters.scenarios import NOW, Scenario, adapter_of, adapters_of, decoded, described, plain, scenarios_of

EMPTY = Path(__file__).parent / "empty"
"""For a platform that nothing ever comes from: no credentials, nothing given."""
MESSAGES = [
    one for kind in ("platforms", "carriers") for one in scenarios_of(kind) if (one.path / "message.http").exists()
]


@pytest.mark.parametrize("scenario", MESSAGES, ids=str)
def test_a_message_is_believed_and_read(scenario: Scenario) -> None:
    """Verified, named the same way twice, and read as recorded."""
    adapter, message = adapter_of(scenario), scenario.message
    read = getattr(adapter, scenario.verb)
    assert adapter.verify(message) in Trust
    if scenario.kind == "platforms":
        assert adapter.delivery_id(message) == adapter.delivery_id(message) != ""
    if "raises" in scenario.then:
        with pytest.raises(AdapterError) as caught:
            read(message)
        said = described(caught.value)
        assert {name: said.get(name) for name in scenario.then["raises"]} == scenario.then["raises"]
    else:
        expected = decoded(get_type_hints(read)["return"], scenario.then["returns"])
        assert plain(read(message)) == plain(expected), f"{scenario}: another value than recorded"


@pytest.mark.parametrize("scenario", MESSAGES, ids=str)
def test_a_tampered_message_is_rejected(scenario: Scenario) -> None:
    """Another body, no headers, a changed signature, somebody else's secret: none is believed."""
    adapter, message = adapter_of(scenario), scenario.message
    if adapter.verify(message) is not Trust.SIGNED:
        pytest.skip("this one does not sign; its messages are hints")
    body = message.body
    for changed in (body + b" ", body[:-1], body.replace(b"1", b"2", 1) if b"1" in body else body + b"x", b""):
        with pytest.raises(SignatureRejected):
            adapter.verify(message.model_copy(update={"body": changed}))
    with pytest.raises(SignatureRejected):
        adapter.verify(message.model_copy(update={"headers": {}, "url": "/"}))
    with pytest.raises(SignatureRejected):
        adapter_of(scenario, plant=True).verify(message)
    assert any(rejects(adapter, message, name) for name in message.headers), f"{scenario}: no header matters"


def rejects(adapter: Any, message: InboundMessage, name: str) -> bool:
    """Whether a message is rejected, and nothing worse, whatever one header says."""
    verdicts = []
    given = message.headers[name]
    for value in ("", "x", given[:-4], "-" + given, "\u00e9\udc80", "9" * 5000, "v1,AAAA v1,BBBB"):
        try:
            adapter.verify(message.model_copy(update={"headers": {**message.headers, name: value}}))
            verdicts.append(False)
        except SignatureRejected:
            verdicts.append(True)
    return all(verdicts)


@pytest.mark.parametrize("scenario", MESSAGES, ids=str)
def test_a_hostile_message_harms_nobody(scenario: Scenario) -> None:
    """Only AdapterError comes out of reading, nothing at all out of naming, and what is read survives JSON."""
    adapter, message = adapter_of(scenario), scenario.message
    for body in (*NOTHING, *mutations(message.body)):
        bad = message.model_copy(update={"body": body})
        if scenario.kind == "platforms":
            assert adapter.delivery_id(bad)
        try:
            values = getattr(adapter, scenario.verb)(bad)
        except AdapterError:
            continue
        for value in values:
            assert isinstance(value, Model)
            assert type(value).model_validate_json(value.model_dump_json()) == value


@pytest.mark.parametrize("name", list(adapters_of("platforms")))
def test_a_platform_rejects_the_unsigned(name: str) -> None:
    """A bare message is rejected, or is a hint and no more."""
    told = [one for one in scenarios_of("platforms") if one.adapter == name]
    adapter = adapter_of(told[0] if told else Scenario("platforms", name, EMPTY))
    bare = InboundMessage(body=b"{}", received_at=NOW)
    assert adapter.delivery_id(bare)
    try:
        assert adapter.verify(bare) is Trust.HINT
    except SignatureRejected:
        return


@pytest.mark.parametrize(
    "name", [name for name, one in adapters_of("carriers").items() if issubclass(one, PushesTracking)]
)
def test_a_pushing_carrier_has_a_message(name: str) -> None:
    pushed = [one for one in MESSAGES if one.kind == "carriers" and one.adapter == name]
    assert pushed, f"fixtures/carriers/{name} lacks a pushed scenario with a message.http"
