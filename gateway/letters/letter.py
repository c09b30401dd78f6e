"""A notice as a letter in plain text. Pure: the same notice is the same letter, however often it is sent.

It tells the fields that `words.LABELS` names, and of a message its words: nobody's name, address or phone but the exporter's
own name. What stands in a header is one tidy line, and the policy refuses any other.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from zoneinfo import ZoneInfo

from gateway.letters import words
from schemas.messages import NoticeKind
from schemas.values import tidy, tidy_note


@dataclass(frozen=True, slots=True)
class Notice:
    """What there is to tell. `delivery_id` names the letter, so that a repetition is known as one."""

    delivery_id: str
    kind: NoticeKind
    occurred_at: datetime
    body: str
    return_id: str | None
    number: str | None
    """What people call the return."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Between whom. `see` is the console's address, for readers who have a key to it."""

    sender: str
    recipient: str
    exporter: str
    language: str
    zone: str
    reply_to: str | None = None
    see: str | None = None


def write(notice: Notice, envelope: Envelope) -> EmailMessage:
    """The letter, ready to be sent."""
    letter = EmailMessage(policy=SMTP)
    host = envelope.sender.rpartition("@")[2]
    letter["From"] = Address(display_name=_header(envelope.exporter), addr_spec=envelope.sender)
    letter["To"] = Address(addr_spec=envelope.recipient)
    letter["Subject"] = _subject(notice, envelope.language)
    letter["Date"] = notice.occurred_at
    letter["Message-ID"] = f"<{notice.delivery_id}@{host}>"
    if notice.return_id:
        letter["References"] = f"<{notice.return_id}@{host}>"  # one return, one thread
    if envelope.reply_to:
        letter["Reply-To"] = Address(addr_spec=envelope.reply_to)
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content("\n".join(_lines(notice, envelope)))
    return letter


def _header(text: str) -> str:
    return tidy(text, 120)


def _subject(notice: Notice, language: str) -> str:
    what = words.in_language(words.HAPPENED[notice.kind], language)
    if notice.number is None:
        return what
    form = words.in_language(words.FURNITURE["subject"], language)
    return _header(form.format(what=what, number=_header(notice.number)))


def _lines(notice: Notice, envelope: Envelope) -> Iterator[str]:
    language = envelope.language
    told = json.loads(notice.body)["data"]
    message = told.get("message") or {}
    yield words.in_language(words.HAPPENED[notice.kind], language)
    yield ""
    if notice.number:
        yield _line("return", tidy(notice.number, 100), language)
    yield _line("at", _when(notice.occurred_at, envelope.zone), language)
    fields: Mapping[str, Any] = {**told, **message}
    for name in words.LABELS:
        if name not in ("return", "at") and (value := _value(name, fields.get(name), envelope)):
            yield _line(name, value, language)
    if text := tidy_note(message.get("text") or ""):
        yield from ("", text)
    yield ""
    if envelope.see:
        yield f"{words.in_language(words.FURNITURE['see'], language)}: {envelope.see}"
    foot = ("for", "answer" if envelope.reply_to else "no_answer")
    yield " ".join(
        words.in_language(words.FURNITURE[name], language).format(name=_header(envelope.exporter)) for name in foot
    )


def _line(name: str, value: str, language: str) -> str:
    label = words.in_language(words.LABELS[name], language)
    return words.in_language(words.FURNITURE["line"], language).format(label=label, value=value)


def _value(name: str, value: object, envelope: Envelope) -> str:
    """A word of ours in the reader's language, an instant in the exporter's zone; anything else as it stands."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    if name in words.INSTANTS:
        return _when(datetime.fromisoformat(str(value)), envelope.zone)
    known = words.WORDS.get(f"{name}.{value}")
    return words.in_language(known, envelope.language) if known else tidy(value, 500)


def _when(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
