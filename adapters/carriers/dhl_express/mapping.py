"""What every reply of MyDHL API shares: its problem body, tolerant small readers, and times.

DHL writes instants as `2024-01-31T19:19:40 GMT+08:00`, which no library reads, and puts its own error number in front of
the sentence (`8003: ...`). A body may say `status: 400` under an HTTP 201 (validation only), so the body is asked as well.
"""

import base64
import binascii
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.carriers.dhl_express.codes import AREA_ZONES, COUNTRY_ZONES, PHRASES, REFUSALS, UNSURE
from adapters.toolkit.http import Reply, error_of_status
from schemas.errors import (
    AdapterError,
    CredentialsRejected,
    OutcomeUnknown,
    RefusalCode,
    Refused,
    Unavailable,
    Unintelligible,
    Unsupported,
)
from schemas.values import tidy

NUMBER = re.compile(r"(?<!\w)(\d{3,6}): ")
OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+-])(\d{1,2})(?::?(\d{2}))?(?::?00)?")
REFUSING = frozenset({400, 404, 422})
"""The statuses under which the API description documents its problem body as "no"."""


def items(value: object) -> list[dict[str, Any]]:
    """The objects in a list, or the one object that stands where a list should."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def word(value: object, limit: int = 200) -> str:
    """A string or number as tidy text, anything else as nothing."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return ""
    return tidy(value, limit)


def decoded(value: object) -> bytes | None:
    """The bytes of a base64 string, padded or not; None for a link, for nothing and for nonsense."""
    text = "".join(value.split()) if isinstance(value, str) else ""
    if not text or "://" in text:
        return None
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True) or None
    except (binascii.Error, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Problem:
    """DHL's problem body: its number where there is one, its title, and all of its sentences."""

    number: str | None
    title: str
    text: str

    @property
    def refusal(self) -> RefusalCode:
        """By number, then by what the sentence speaks of, then by title."""
        numbered = REFUSALS.get(self.number or "")
        spoken = next((code for phrase, code in PHRASES.items() if phrase in self.text.lower()), None)
        return numbered or spoken or REFUSALS.get(self.title.lower(), RefusalCode.DATA_INVALID)


def read_problem(reply: Reply) -> Problem | None:
    """The problem body, or None for a body of another form (a proxy's page, an API gateway's fault)."""
    try:
        body = reply.json()
    except Unintelligible:
        return None
    if not isinstance(body, dict) or not any(word(body.get(key)) for key in ("instance", "status", "code")):
        return None
    title = word(body.get("title")) or word(body.get("message"))
    detail = word(body.get("detail"), 500)
    if not (title or detail):
        return None
    more = body.get("additionalDetails")
    sentences = [detail, *(word(line, 500) for line in (more if isinstance(more, list) else [more]))]
    text = tidy(" | ".join(filter(None, sentences)) or title, 500)
    number = next((found[1] for line in sentences if (found := NUMBER.search(line + " "))), None)
    return Problem(number, title, text)


def read_error(reply: Reply) -> AdapterError | None:
    """What an error status means where the body is DHL's own; None leaves it to the sender."""
    problem = read_problem(reply)
    if problem is None or reply.status == 429 or "retry-after" in reply.headers:
        return None
    code = problem.number or str(reply.status)
    said = f"DHL Express answered {code}"
    if reply.status in (401, 403):
        return CredentialsRejected(said, wire_code=code, wire_text=problem.text)
    if reply.status in REFUSING and code not in UNSURE:
        refusal = RefusalCode.NOT_FOUND if reply.status == 404 else problem.refusal
        return Refused(said, code=refusal, wire_code=code, wire_text=problem.text)
    if reply.creates:
        return OutcomeUnknown(said, wire_code=code, wire_text=problem.text)
    return Unavailable(said, wire_code=code, wire_text=problem.text) if reply.status >= 500 or code in UNSURE else None


def open_reply(reply: Reply) -> dict[str, Any]:
    """The object in a good reply. Raises what an error status means, also one that stands in the body only."""
    if reply.status >= 300:
        raise read_error(reply) or error_of_status(reply)
    body = reply.json()
    if not isinstance(body, dict):
        raise Unintelligible("the reply is not an object", wire_code=str(reply.status))
    inside = word(body.get("status"), 4)
    if re.fullmatch(r"[45][0-9]{2}", inside) and ("detail" in body or "title" in body):
        raise read_error(replace(reply, status=int(inside))) or Unintelligible("an error in a reply", wire_code=inside)
    return body


def offset_of(value: object) -> tzinfo | None:
    """`+10:00`, `+1000`, `GMT+10:00`, `Z`; None where there is none or it is no offset on Earth."""
    text = word(value, 20)
    if text in ("Z", "GMT", "UTC"):
        return UTC
    found = OFFSET.fullmatch(text)
    if not found:
        return None
    span = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(span if found[1] == "+" else -span) if span <= timedelta(hours=14) else None


def stamp(value: str) -> datetime | None:
    """An ISO instant, aware or not; None for anything else and for years that overflow elsewhere."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if "T" in value and 1970 < moment.year < 2200 else None


def zone_of(area: str, country: str | None) -> ZoneInfo | None:
    """The zone of a service area, or of a country that has only one."""
    name = AREA_ZONES.get(area) or COUNTRY_ZONES.get(country or "")
    return ZoneInfo(name) if name else None


def named_zone(name: str, field: str) -> ZoneInfo:
    """Raises Unsupported for a name that is no zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Unsupported("not the name of a time zone", field=field) from error


def local(value: object, zone: tzinfo | None) -> datetime | None:
    """A stamp of theirs in its own offset, else in this zone; None where neither is known."""
    moment = stamp(word(value, 40))
    if moment is None or (moment.tzinfo is None and zone is None):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def dhl_time(moment: datetime) -> str:
    """`2024-01-31T19:19:40 GMT+08:00`."""
    text = moment.isoformat(timespec="seconds")
    return f"{text[:19]} GMT{text[19:]}"
