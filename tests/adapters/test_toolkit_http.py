"""The one sender over real sockets: each failure lands in the class that says whether the other side may have acted."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.toolkit.auth import Token, TokenStore
from adapters.toolkit.http import Call, Http, Reply
from adapters.toolkit.redaction import Exchange, Redactor
from adapters.toolkit.transport import Request, open_client
from schemas.errors import (
    AdapterError,
    CredentialsRejected,
    CredentialsStale,
    NothingHappened,
    OutcomeUnknown,
    RefusalCode,
    Refused,
    Throttled,
    Unavailable,
    Unintelligible,
)
from tests.adapters import loopback
from tests.adapters.loopback import Stub, answer, saying, serving

MAY_HAVE_ACTED = {
    "closed before reading": loopback.close_before_read,
    "read, then closed": loopback.read_then_close,
    "read, then reset": loopback.read_then_reset,
    "read, then silent": loopback.read_then_hang,
    "half a body": loopback.half_body,
}


@asynccontextmanager
async def sender(**settings: object) -> AsyncIterator[Http]:
    async with open_client(connect_seconds=2.0, read_seconds=0.3) as client:
        yield Http(client, **settings)  # type: ignore[arg-type]


def create(stub: Stub) -> Call:
    return Call.create("book", "POST", stub.url, json={"ref": "HW1"})


def read(stub: Stub) -> Call:
    return Call.read("track", "POST", stub.url, json={"ref": "HW1"})


async def failure(http: Http, call: Call) -> AdapterError:
    with pytest.raises(AdapterError) as caught:
        await http.send(call)
    return caught.value


async def test_a_refused_connection_sent_nothing() -> None:
    async with serving(loopback.read_then_close) as stub:
        gone = Call.create("book", "POST", stub.url, json={})
    async with sender() as http:
        error = await failure(http, gone)
    assert type(error) is Unavailable


@pytest.mark.parametrize("behave", MAY_HAVE_ACTED.values(), ids=MAY_HAVE_ACTED)
async def test_a_create_without_a_whole_reply_is_unknown(behave: Callable[..., object]) -> None:
    """And it is sent once: nothing below us tries again."""
    async with serving(behave) as stub, sender() as http:
        assert type(await failure(http, create(stub))) is OutcomeUnknown
        assert len(stub.seen) <= 1


@pytest.mark.parametrize("behave", MAY_HAVE_ACTED.values(), ids=MAY_HAVE_ACTED)
async def test_a_read_without_a_whole_reply_is_unavailable(behave: Callable[..., object]) -> None:
    async with serving(behave) as stub, sender() as http:
        assert type(await failure(http, read(stub))) is Unavailable


async def test_a_kept_connection_closed_under_a_create_is_unknown() -> None:
    """The case that the transport as shipped calls a connect time-out, after the carrier has read the second POST."""
    async with serving(loopback.close_under_the_second) as stub, sender() as http:
        assert (await http.send(create(stub))).status == 200
        assert type(await failure(http, create(stub))) is OutcomeUnknown
        assert len(stub.seen) == 2


async def test_the_total_limit_ends_a_drip() -> None:
    """A byte now and then keeps the read limit from ever striking."""
    async with serving(loopback.drip) as stub, sender(total_seconds=0.2) as http:
        assert type(await failure(http, create(stub))) is OutcomeUnknown
        assert type(await failure(http, read(stub))) is Unavailable


async def test_a_gzip_bomb_is_stopped_at_the_cap() -> None:
    """60 MB of zeros in 60 kB. Counted decoded, and stopped while it unpacks."""
    bomb = gzip.compress(b"0" * 60_000_000)
    reply = answer("200 OK", bomb, "Content-Encoding: gzip", "Content-Type: text/plain")
    async with serving(saying(reply)) as stub, sender() as http:
        assert type(await failure(http, read(stub))) is Unintelligible
        assert type(await failure(http, create(stub))) is OutcomeUnknown
        whole = await http.send(replace(read(stub), cap=60_000_000))
        assert len(whole.content) == 60_000_000


async def test_broken_compression_is_no_reply() -> None:
    reply = answer("200 OK", b"not gzip at all", "Content-Encoding: gzip")
    async with serving(saying(reply)) as stub, sender() as http:
        assert type(await failure(http, create(stub))) is OutcomeUnknown


@pytest.mark.parametrize("creates", [True, False])
async def test_retry_after_in_both_forms(creates: bool) -> None:
    make = create if creates else read
    async with sender() as http:
        async with serving(saying(answer("429 Slow", b"", "Retry-After: 17"))) as stub:
            seconds = await failure(http, make(stub))
        async with serving(saying(answer("429 Slow", b"", "Retry-After: Wed, 04 Mar 2026 10:00:00 GMT"))) as stub:
            date = await failure(http, make(stub))
        async with serving(saying(answer("429 Slow", b"", "Retry-After: soon"))) as stub:
            words = await failure(http, make(stub))
        async with serving(
            saying(answer("429 Slow", b"", f"Retry-After: Wed, 04 Mar {'9' * 20} 10:00:00 GMT"))
        ) as stub:
            never = await failure(http, make(stub))
    assert isinstance(seconds, Throttled)
    assert (seconds.retry_after, seconds.retry_at) == (17.0, None)
    assert isinstance(date, Throttled)
    assert (date.retry_after, date.retry_at) == (None, datetime(2026, 3, 4, 10, 0, tzinfo=UTC))
    for nothing in (words, never):
        assert isinstance(nothing, Throttled)
        assert (nothing.retry_after, nothing.retry_at) == (None, None)


@pytest.mark.parametrize(
    "status", ["500 Error", "502 Bad", "503 Busy", "504 Late", "400 Bad", "409 Clash", "302 Moved"]
)
async def test_an_unlisted_status_after_a_create_is_unknown(status: str) -> None:
    """503 included, and a redirect is not followed."""
    async with (
        serving(saying(answer(status, b"{}", "Retry-After: 5", "Location: /elsewhere"))) as stub,
        sender() as http,
    ):
        assert type(await failure(http, create(stub))) is OutcomeUnknown
        assert len(stub.seen) == 1


async def test_only_a_listed_refusal_below_500_is_a_refusal() -> None:
    refused = Refused(code=RefusalCode.ADDRESS_INVALID, wire_code="A1")
    async with sender() as http:
        knowing = http.reading_errors(lambda reply: refused if b"A1" in reply.content else None)
        async with serving(saying(answer("422 No", b"A1"))) as stub:
            assert await failure(knowing, create(stub)) is refused
        async with serving(saying(answer("500 Error", b"A1"))) as stub:
            assert type(await failure(knowing, create(stub))) is OutcomeUnknown
            assert await failure(knowing, read(stub)) is refused


@pytest.mark.parametrize(
    ("status", "kind"), [("503 Busy", Unavailable), ("404 None", Refused), ("302 Moved", Unintelligible)]
)
async def test_a_read_takes_the_status_at_its_word(status: str, kind: type[AdapterError]) -> None:
    async with serving(saying(answer(status, b""))) as stub, sender() as http:
        assert type(await failure(http, read(stub))) is kind


async def test_401_without_a_token_shuts_the_account() -> None:
    async with serving(saying(answer("401 No"))) as stub, sender() as http:
        assert type(await failure(http, create(stub))) is CredentialsRejected


def bearing(call: Call, token: str) -> Call:
    return replace(call, headers={"Authorization": f"Bearer {token}"})


async def test_401_drops_the_token_once_for_all_who_held_it() -> None:
    """Callers that come late with the old token do not drop its successor; a new token refused as well is the end."""
    tokens = TokenStore(lambda: 0.0)
    tokens.keep(Token("first", 10.0))
    asked: list[str] = []

    async def refresh() -> Token:
        asked.append("again")
        return Token(f"token{len(asked)}", 10.0)

    async with serving(saying(answer("401 No"))) as stub, sender(tokens=tokens) as http:
        assert type(await failure(http, bearing(create(stub), "first"))) is CredentialsStale
        fresh = await asyncio.gather(*(tokens.get(refresh) for _ in range(20)))
        assert type(await failure(http, bearing(create(stub), "first"))) is CredentialsStale
        assert await tokens.get(refresh) == "token1"
        assert set(fresh) == {"token1"}
        assert asked == ["again"]
        assert type(await failure(http, bearing(create(stub), "token1"))) is CredentialsRejected


async def test_a_token_that_worked_may_grow_stale_again() -> None:
    tokens = TokenStore(lambda: 0.0)
    async with sender(tokens=tokens) as http:
        for value in ("one", "two", "three"):
            tokens.keep(Token(value, 10.0))
            async with serving(saying(answer("200 OK"))) as stub:
                await http.send(bearing(create(stub), value))
            async with serving(saying(answer("401 No"))) as stub:
                assert type(await failure(http, bearing(create(stub), value))) is CredentialsStale


async def test_a_turn_that_is_over_sends_nothing() -> None:
    now = [10.0]
    async with serving(saying(answer("200 OK"))) as stub, sender(turn_ends=11.0, monotonic=lambda: now[0]) as http:
        assert (await http.send(create(stub))).status == 200
        now[0] = 11.0
        error = await failure(http, create(stub))
        assert isinstance(error, NothingHappened)
        assert len(stub.seen) == 1


@pytest.mark.parametrize("token", ["g\u00e9heim", "g\r\nX-Other: heim", "g\0heim"])
async def test_a_request_that_cannot_be_written_is_refused(token: str) -> None:
    """A header takes ASCII only, and no second line; the error does not repeat what it could not encode."""
    async with serving(saying(answer("200 OK"))) as stub, sender() as http:
        error = await failure(http, bearing(create(stub), token))
        assert isinstance(error, Refused)
        assert error.code is RefusalCode.CHARSET
        assert "heim" not in f"{error!r}{error.__cause__!r}"
        assert stub.seen == []


async def test_the_transcript_shows_everything_but_the_secrets(caplog: pytest.LogCaptureFixture) -> None:
    """Planted in a header, the query, the body and the reply, in several spellings; and a token nobody knew before."""
    caplog.set_level(logging.DEBUG)
    secret, kept = 's3cret"&<value>+', list[Exchange]()
    body = b'{"access_token": "br4nd-new", "echo": "s3cret\\"&<value>+", "waybill": "W1"}'
    async with (
        serving(saying(answer("200 OK", body))) as stub,
        sender(redactor=Redactor([secret]), record=kept.append) as http,
    ):
        call = Call.create("book", "POST", stub.url, json={"pin": secret, "ref": "HW1"}, params={"key": secret})
        await http.send(replace(call, headers={**call.headers, "X-Pin": secret, "Authorization": "Bearer abc"}))
    shown = f"{kept}{caplog.text}"
    assert "s3cret" not in shown
    assert "br4nd-new" not in shown
    assert "Bearer" not in shown
    assert '"ref":"HW1"' in kept[0].request
    assert '"waybill": "W1"' in kept[0].reply
    assert kept[0].status == 200


@pytest.mark.parametrize(
    "name",
    ["Token", "ACCESS_TOKEN", "clientSecret", "Password", "x-passwd", "ApiKey", "X-API-KEY", "api_key_2"],
)
@pytest.mark.parametrize("text", ["{}: br4nd-new", '{{"{}": "br4nd-new"}}', "<{0}>br4nd-new</{0}>"])
def test_what_is_called_a_secret_is_masked_wherever_it_stands(name: str, text: str) -> None:
    cleaned = Redactor().clean(f"waybill: W1\n{text.format(name)}\n")
    assert "br4nd-new" not in cleaned
    assert "W1" in cleaned


async def test_a_failed_call_is_recorded_too_and_the_lane_hears_it() -> None:
    heard, kept = list[AdapterError | None](), list[Exchange]()

    class Lane:
        def passage(self, verb: str, *, creates: bool) -> asyncio.Lock:
            return asyncio.Lock()

        def heard(self, error: AdapterError | None) -> None:
            heard.append(error)

    async with serving(loopback.read_then_close) as stub, sender(lane=Lane(), record=kept.append) as http:
        error = await failure(http, create(stub))
    assert heard == [error]
    assert (kept[0].error, kept[0].status) == ("OutcomeUnknown", None)


async def test_crash_points_stand_around_a_create_only() -> None:
    points: list[str] = []
    async with serving(saying(answer("200 OK"))) as stub, sender(crash=points.append) as http:
        await http.send(read(stub))
        await http.send(create(stub))
    assert points == ["book.before_send", "book.after_send"]


def test_what_is_not_json_is_unintelligible() -> None:
    for body in (b"", b"<html>", b"[" * 200_000, b"\xff\xfe", b"9" * 5000):
        with pytest.raises(Unintelligible):
            Reply(200, body).json()


async def test_the_client_follows_nothing_and_keeps_nothing() -> None:
    """No cookie comes back to the next call, which may be another exporter's."""
    reply = answer("302 Found", b"", "Set-Cookie: a=b", "Location: /else")
    async with serving(saying(reply)) as stub, open_client() as client:
        for _ in range(2):
            asked = Request("GET", f"http://localhost:{stub.port}/", {}, b"", cap=100)
            assert (await client.exchange(asked)).status == 302
    assert len(stub.heads) == 2
    assert "cookie" not in "".join(stub.heads).lower()
