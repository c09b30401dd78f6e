"""Reads files the way the gateway reads messages: with the very readers of the adapters, and without sending anything.

A file is a raw body or an `.http` message: a start line (`HTTP/1.1 200 OK` or `POST /path HTTP/1.1`), headers, a blank line,
a body; line ends of either kind. Everything here is pure: bytes and instants in, canonical values out.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from adapters import registry
from adapters.seam import (
    Carrier,
    CarrierAccount,
    InvoiceReader,
    Platform,
    PlatformAccount,
    PushesTracking,
    Reader,
    TakesProfile,
)
from adapters.toolkit.http import Http, Reply, sort_reply
from adapters.toolkit.transport import open_client
from schemas.charges import InvoiceReading
from schemas.errors import AdapterError, NotFound, NothingHappened, Refused, Unintelligible
from schemas.messages import InboundMessage
from schemas.returns import PlatformEvent

CREATES = frozenset({"booking", "void", "pickup", "pickup_void", "renewal", "application"})
"""Reply kinds of calls after which something may exist, or have ceased to."""
HEAD = 8192
START = re.compile(
    rb"(?:HTTP/[0-9.]+ (?P<status>[0-9]{3})|[A-Z]{3,10} (?P<target>[^ \r\n]+) HTTP/[0-9.]+)[^\r\n]*(?:\r?\n|\Z)"
)
Found = TypeVar("Found")
Secret = Mapping[str, object]


class NotReadable(Exception):
    """The question cannot be put: no such adapter or kind, a broken message file, a secret that does not fit."""


@dataclass(frozen=True, slots=True)
class Message:
    """A file as a message. `status` and `target` stand in its start line, where it has one."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    target: str | None = None
    open_ended: bool = False
    """It is an `.http` message that does not say how long its body is: a last line end may be the editor's."""


def read_message(content: bytes, headers: Sequence[tuple[str, str]] = ()) -> Message:
    """`headers` are added to those in the file, and win. Raises NotReadable for a header line without a colon."""
    given = {name.strip().lower(): value.strip() for name, value in headers}
    start = START.match(content)
    if start is None:
        return Message(content, given)
    found, body = _headers(content[start.end() :])
    length = found.get("content-length", "")
    stated = int(length) if re.fullmatch("[0-9]{1,9}", length) else None
    if stated is not None and not body[stated:].strip(b"\r\n"):
        body = body[:stated]
    return Message(
        body=body,
        headers={**found, **given},
        status=int(start["status"]) if start["status"] else None,
        target=start["target"].decode("utf-8", "replace") if start["target"] else None,
        open_ended=stated is None,
    )


def _headers(content: bytes) -> tuple[dict[str, str], bytes]:
    """The header lines up to the first blank one, and what follows it."""
    found: dict[str, str] = {}
    at = 0
    while at < len(content):
        end = content.find(b"\n", at)
        end = len(content) if end < 0 else end
        line, at = content[at:end].strip(), end + 1
        if not line:
            break
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if not colon:
            raise NotReadable(f"header line {len(found) + 1} of the message has no colon")
        found[name.strip().lower()] = value.strip()
    return found, content[at:]


def read_carrier(name: str, kind: str, message: Message, status: int | None, now: datetime) -> object:
    """What a reply or a push says; for the kind `error` the error that it reads to, or None.

    Raises the carrier's own error, as the verb would.
    """
    adapter = _found(registry.carrier, name)
    if kind == "push":
        return _read_push(adapter, message, now)
    reply = Reply(status or message.status or 200, message.body, message.headers, creates=kind in CREATES)
    if kind == "error":
        return error_of(adapter, reply)
    if kind not in adapter.readers:
        there = [*adapter.readers, "error", *(["push"] if issubclass(adapter, PushesTracking) else [])]
        raise NotReadable(f"{name} reads no {kind!r}; it reads: {', '.join(sorted(there))}")
    enveloped = adapter.profile.protocol == "soap"
    sort_reply(reply, adapter.read_error, accepts=adapter.accepts.get(kind, frozenset()), enveloped=enveloped)
    return _guarded(adapter.readers[kind], reply)


def _found(find: Callable[[str], Found], name: str) -> Found:
    try:
        return find(name)
    except NotFound as error:
        raise NotReadable(str(error)) from error


def _guarded(read: Callable[..., Found], *arguments: Any) -> Found:
    """A reader that lets anything but AdapterError out is a bug; it is named, and the other files are read all the same."""
    try:
        return read(*arguments)
    except AdapterError:
        raise
    except Exception as error:
        raise Unintelligible(f"the reader broke: {type(error).__name__}") from error


def error_of(adapter: type[Carrier], reply: Reply) -> AdapterError | None:
    """The error that a reply reads to, whatever its status.

    Many carriers refuse inside a good status, and only the verb's reader sees it. So after the status and `read_error`
    every reader is asked: one that is told no is believed first, then one that understands the reply as an answer.
    """
    try:
        sort_reply(reply, adapter.read_error, enveloped=adapter.profile.protocol == "soap")
    except AdapterError as error:
        return error
    if (known := adapter.read_error(reply)) is not None:
        return known
    errors = list(_errors(adapter.readers, reply))
    told = next((error for error in errors if isinstance(error, NothingHappened)), None)
    return told if told or None in errors else next(iter(errors), None)


def _errors(readers: Mapping[str, Reader], reply: Reply) -> Iterator[AdapterError | None]:
    for kind, read in readers.items():
        try:
            _guarded(read, replace(reply, creates=kind in CREATES))
            yield None
        except AdapterError as error:
            yield error


def _read_push(adapter: type[Carrier], message: Message, now: datetime) -> object:
    if not issubclass(adapter, PushesTracking):
        raise NotReadable(f"{adapter.profile.id} pushes no tracking")
    credentials = filled(adapter.profile.credentials, {})
    account = CarrierAccount(id="file", carrier=adapter.profile.id, credentials=credentials)
    carrier = adapter(account, Http(client=open_client()))
    return _guarded(carrier.read_push, inbound(message, "", now))


def read_secret(content: bytes, platform: type[Platform]) -> Secret:
    """A secret file as credentials: a JSON object under the platform's own names, else the one secret as plain text.

    Raises NotReadable, and never repeats the secret.
    """
    profile = platform.profile
    try:
        text = content.decode("utf-8-sig")
        given = json.loads(text) if text.lstrip().startswith("{") else None
    except ValueError as error:
        raise NotReadable("the secret file is neither text nor a JSON object") from error
    names = set(profile.credentials.model_fields)
    if given is None and not profile.secret_field:
        raise NotReadable(f"{profile.id} needs a JSON object of: {', '.join(sorted(names))}")
    found = {profile.secret_field: text.rstrip("\r\n")} if given is None else given
    if strange := set(found) - names:
        raise NotReadable(f"{profile.id} has no {', '.join(sorted(strange))}; it has: {', '.join(sorted(names))}")
    return found


def filled(model: type[BaseModel], given: Secret) -> BaseModel:
    """Credentials of which only `given` is known. What else is required is filled: reading a file needs none of it."""
    unused = {name: "unused" for name, part in model.model_fields.items() if part.is_required()}
    try:
        return model.model_validate_json(json.dumps({**unused, **given}))
    except ValidationError:
        known: dict[str, Any] = {name: _one(model, name, value) for name, value in given.items()}
        return model.model_construct(**known)


def _one(model: type[BaseModel], name: str, value: object) -> Any:
    form: Any = model.model_fields[name].annotation
    try:
        return TypeAdapter(form).validate_json(json.dumps(value))
    except ValidationError:
        raise NotReadable(f"the secret's {name} is not of its form") from None


def inbound(message: Message, url: str, at: datetime) -> InboundMessage:
    """As it would have arrived. The address is the one given, else the one that the file names."""
    target, host = message.target or "", message.headers.get("host")
    named = f"https://{host}{target}" if host and target.startswith("/") else target
    try:
        return InboundMessage(body=message.body, headers=message.headers, url=url or named, received_at=at)
    except ValidationError as error:
        raise NotReadable("the message has no possible address or instant") from error


def _opened(name: str, secret: bytes | None) -> Platform:
    adapter = _found(registry.platform, name)
    credentials = filled(adapter.profile.credentials, read_secret(secret, adapter) if secret is not None else {})
    return adapter(PlatformAccount(id="file", platform=name, credentials=credentials), Http(client=open_client()))


def read_platform(name: str, message: Message, secret: bytes | None, url: str, at: datetime) -> Sequence[PlatformEvent]:
    """What a message says, its signature unasked. Raises Unintelligible where it says nothing of the platform's."""
    return _guarded(_opened(name, secret).read, inbound(message, url, at))


def verify_platform(name: str, message: Message, secret: bytes, url: str, at: datetime) -> AdapterError | None:
    """Why the signature does not hold, or None.

    An `.http` file without Content-Length is tried as it is and without its last line end, which may be the editor's.
    """
    platform = _opened(name, secret)
    trimmed = message.body.removesuffix(b"\n").removesuffix(b"\r")
    bodies = [message.body, trimmed] if message.open_ended else [message.body]
    reason: AdapterError | None = None
    for body in dict.fromkeys(bodies):
        try:
            _guarded(platform.verify, inbound(replace(message, body=body), url, at))
            return None
        except AdapterError as error:
            reason = reason or error
    return reason


def read_invoice(content: bytes, form: str | None, profile: str | bytes | None = None) -> InvoiceReading:
    """By the reader of that id, by a profile, else by the reader that recognises the file.

    `profile` is a profile's text, or the name of one that comes along. Raises Unintelligible where nobody knows the file.
    """
    if profile is not None:
        return _guarded(_by_profile(form, profile).read, content)
    if form is not None:
        return _guarded(_found(registry.invoice_reader, form)().read, content)
    readers = registry.invoice_readers()
    known = next((reader() for reader in readers.values() if reader().recognises(content[:HEAD])), None)
    if known is None:
        raise Unintelligible(f"no format recognises this file; there are: {', '.join(readers)}")
    return _guarded(known.read, content)


def _by_profile(form: str | None, profile: str | bytes) -> InvoiceReader:
    takers = {name: one for name, one in registry.invoice_readers().items() if issubclass(one, TakesProfile)}
    if (form or next(iter(takers), None)) not in takers:
        raise NotReadable(f"{form} takes no profile; there are: {', '.join(takers)}")
    try:
        return takers[form or next(iter(takers))].with_profile(profile)
    except Refused as error:
        raise NotReadable(str(error)) from error
