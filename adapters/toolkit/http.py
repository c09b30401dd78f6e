"""The one sender: every call of every adapter leaves through `Http.send`.

A call says what it is, a read or a create, and that one word decides whether a lost reply is `Unavailable` or
`OutcomeUnknown`. The sender applies the limits, passes the account's lane, records the exchange redacted, and sorts every
failure before anyone parses. It never retries: only jobs do.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from adapters.toolkit.auth import TokenStore
from adapters.toolkit.redaction import Exchange, Redactor
from adapters.toolkit.transport import NotSent, NotWritable, Request, TooLong, Wire, WireError
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

CAP = 5_000_000
"""Decoded bytes of a reply; a small gzip bomb unpacks to any size."""
NO_ENVELOPE = frozenset({401, 403, 429, 502, 503, 504})
"""Statuses that something in front of a SOAP service answers, whatever the body says. A fault comes with 500, or 200."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `name` is the verb in our words; `accepts` are error statuses that the mapping reads itself."""

    name: str
    creates: bool
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] | tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    accepts: frozenset[int] = frozenset()
    enveloped: bool = False
    """SOAP: the envelope says what happened, whatever the status."""
    cap: int = CAP

    @property
    def full_url(self) -> str:
        """With its query, as written down."""
        if not self.params:
            return self.url
        return f"{self.url}?{urlencode(list(self.params.items() if isinstance(self.params, Mapping) else self.params))}"

    @classmethod
    def read(cls, name: str, method: str, url: str, *, json: object = None, **rest: Any) -> "Call":
        """A call that changes nothing."""
        return _with_json(cls(name=name, creates=False, method=method, url=url, **rest), json)

    @classmethod
    def create(cls, name: str, method: str, url: str, *, json: object = None, **rest: Any) -> "Call":
        """A call after which something may exist: a lost reply is OutcomeUnknown."""
        return _with_json(cls(name=name, creates=True, method=method, url=url, **rest), json)


def _number(value: object) -> float:
    # A wire number only: repr(float(x)) gives back the same digits for up to 15 of them.
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _with_json(call: Call, body: object) -> Call:
    if body is None:
        return call
    content = json.dumps(body, default=_number, ensure_ascii=False, separators=(",", ":")).encode()
    return replace(call, content=content, headers={"Content-Type": "application/json", **call.headers})


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Header names are lower case. `creates` tells what the call was."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    creates: bool = False

    def json(self) -> Any:
        """Raises Unintelligible for what is not JSON; numbers with a point are Decimal, never float."""
        try:
            return json.loads(self.content, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise Unintelligible(f"not JSON (status {self.status})", wire_code=str(self.status)) from error


ErrorReader = Callable[[Reply], AdapterError | None]


class Lane(Protocol):
    """Pace, concurrency and breaker of one account. `passage` waits for its turn, or raises Unavailable or Throttled."""

    def passage(self, verb: str, *, creates: bool) -> AbstractAsyncContextManager[None]: ...

    def heard(self, error: AdapterError | None) -> None:
        """Feed back how the call ended; None is well."""


class FreeLane:
    """No limit: for tests and for reading files."""

    def passage(self, verb: str, *, creates: bool) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    def heard(self, error: AdapterError | None) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Http:
    """The sender, for one account and one job. `turn_ends` is the monotonic second after which nothing may be sent."""

    client: Wire
    lane: Lane = field(default_factory=FreeLane)
    tokens: TokenStore = field(default_factory=lambda: TokenStore(time.monotonic))
    redactor: Redactor = field(default_factory=Redactor)
    record: Callable[[Exchange], None] | None = None
    """Gets every exchange redacted, where anybody keeps them."""
    heard: Callable[[Call, int | None, AdapterError | None, float], None] | None = None
    """Told of every call, its status, its error, and the seconds it took."""
    errors: ErrorReader | None = None
    turn_ends: float | None = None
    total_seconds: float = 45.0
    monotonic: Callable[[], float] = time.monotonic
    crash: Callable[[str], None] = field(default=lambda point: None)
    """Called around a create; the fault bench kills the process there."""

    def reading_errors(self, errors: ErrorReader) -> "Http":
        """The same sender, asking this adapter what its error replies mean."""
        return replace(self, errors=errors)

    async def send(self, call: Call) -> Reply:
        """The reply, or an AdapterError. Raises Unavailable without sending when the turn has run out."""
        started = self.monotonic()
        reply: Reply | None = None
        error: AdapterError | None = None
        sent = False
        try:
            async with self.lane.passage(call.name, creates=call.creates):
                self._require_turn()
                sent = True
                reply = await self._exchange(call)
            return self._sorted(call, reply)
        except AdapterError as raised:
            error = raised
            raise
        finally:
            if sent and (reply or error):  # what the lane itself turned away says nothing of the carrier
                self.lane.heard(error)
            self._tell(call, reply, error, self.monotonic() - started)

    def _require_turn(self) -> None:
        if self.turn_ends is not None and self.monotonic() >= self.turn_ends:
            raise Unavailable("the turn ended before the call could be sent")

    async def _exchange(self, call: Call) -> Reply:
        headers = {"User-Agent": "homeward", "Accept-Encoding": "gzip", **call.headers}
        request = Request(call.method, call.full_url, headers, call.content, call.cap)
        if call.creates:
            self.crash(f"{call.name}.before_send")
        try:
            async with asyncio.timeout(self.total_seconds):
                answer = await self.client.exchange(request)
        except NotWritable as error:
            # The text of what it came from may hold the credential, so it is not chained.
            raise Refused(f"the request cannot be written: {error}", code=RefusalCode.CHARSET) from None
        except NotSent as error:
            raise Unavailable(f"not reached: {error}") from error
        except TooLong as error:
            unread = OutcomeUnknown if call.creates else Unintelligible
            raise unread(str(error), wire_code=str(error.status)) from error
        except (WireError, TimeoutError) as error:
            kind = OutcomeUnknown if call.creates else Unavailable
            raise kind(f"no whole reply: {error or type(error).__name__}") from error
        if call.creates:
            self.crash(f"{call.name}.after_send")
        return Reply(answer.status, answer.content, answer.headers, call.creates)

    def _sorted(self, call: Call, reply: Reply) -> Reply:
        sent = " ".join(call.headers.values())
        if reply.status != 401:
            self.tokens.worked(sent)
        try:
            return sort_reply(reply, self.errors, accepts=call.accepts, enveloped=call.enveloped)
        except CredentialsRejected as error:
            if reply.status == 401 and self.tokens.stale(sent):
                raise CredentialsStale("the token is no longer taken", wire_code="401") from error
            raise

    def _tell(self, call: Call, reply: Reply | None, error: AdapterError | None, seconds: float) -> None:
        if self.heard is not None:
            self.heard(call, reply.status if reply else None, error, seconds)
        if self.record is None:
            return
        head = "".join(f"{name}: {value}\n" for name, value in call.headers.items())
        self.record(
            Exchange(
                name=call.name,
                method=call.method,
                url=self.redactor.clean(call.full_url),
                request=self.redactor.clean(f"{head}\n{call.content.decode('utf-8', 'replace')}"),
                status=reply.status if reply else None,
                reply=self.redactor.clean(reply.content.decode("utf-8", "replace")) if reply else "",
                error=type(error).__name__ if error else None,
                seconds=seconds,
            )
        )


def sort_reply(
    reply: Reply, errors: ErrorReader | None = None, *, accepts: frozenset[int] = frozenset(), enveloped: bool = False
) -> Reply:
    """The reply itself where it may be read, else raise the error that its status means.

    For a create only what is positively known not to have been created is NothingHappened: 401, 403, 429, and a 4xx that
    the adapter's table of refusals knows. All else, 503 included, is OutcomeUnknown.
    """
    status = reply.status
    if status < 300 or status in accepts or (enveloped and status not in NO_ENVELOPE):
        return reply
    error = errors(reply) if errors else None
    if error is None or (reply.creates and status >= 500 and isinstance(error, NothingHappened)):
        error = error_of_status(reply)
    if isinstance(error, OutcomeUnknown):
        error.retry_after, error.retry_at = _named_wait(reply)
    raise error


def error_of_status(reply: Reply) -> AdapterError:
    """What a status means where the carrier's own words say nothing more."""
    status, code = reply.status, str(reply.status)
    if status in (401, 403):
        return CredentialsRejected(f"status {code}", wire_code=code)
    if status == 429:
        return throttled(reply)
    if reply.creates:
        return OutcomeUnknown(f"status {code}", wire_code=code)
    if status >= 500 or status in (408, 425):
        return throttled(reply) if "retry-after" in reply.headers else Unavailable(f"status {code}", wire_code=code)
    if status < 400:
        return Unintelligible(f"a redirect, status {code}", wire_code=code)
    refusal = RefusalCode.NOT_FOUND if status in (404, 410) else RefusalCode.OTHER
    return Refused(f"status {code}", code=refusal, wire_code=code)


def throttled(reply: Reply) -> Throttled:
    """With the time that it names, where it can be read."""
    after, at = _named_wait(reply)
    code = str(reply.status)
    return Throttled(f"status {code}", retry_after=after, retry_at=at, wire_code=code)


def _named_wait(reply: Reply) -> tuple[float | None, datetime | None]:
    """`Retry-After`: seconds, or an instant (RFC 9110 section 10.2.3)."""
    given = reply.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return float(given[:9]), None
    try:
        at = parsedate_to_datetime(given)
    except (ValueError, OverflowError):  # a year, or an offset, of twenty digits
        return None, None
    return None, at if at.tzinfo else None
