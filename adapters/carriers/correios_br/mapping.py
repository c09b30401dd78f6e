"""What all of Correios' messages share: the account, the result with its error code, text, days and instants.

Pure. Readers take the first element of the SOAP body.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from adapters.carriers.correios_br import codes
from adapters.toolkit import xml
from adapters.toolkit.http import Reply
from adapters.toolkit.soap import open_envelope
from schemas.errors import (
    AdapterError,
    CredentialsRejected,
    OutcomeUnknown,
    RefusalCode,
    Refused,
    Unavailable,
    Unintelligible,
)
from schemas.tracking import ZoneSource
from schemas.values import tidy

BRASILIA = ZoneInfo("America/Sao_Paulo")
DAY = re.compile(r"(?<!\d)(\d{2})[/-](\d{2})[/-](\d{4})(?!\d)")
CLOCK = re.compile(r"(\d{2}):(\d{2})(?::(\d{2}))?")
NUMBER = re.compile(r"[0-9]{1,20}")


class Credentials(BaseModel):
    """The contract's login, its administrative code and posting card. Scans are another service, with a login of its own:
    without it an order is followed only until it is posted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: Annotated[str, Field(min_length=1)]
    password: SecretStr
    administrative_code: Annotated[str, Field(pattern=r"^[0-9]{1,10}$")]
    posting_card: Annotated[str, Field(pattern=r"^[0-9]{10}$")]
    sro_user: str = ""
    sro_password: SecretStr = SecretStr("")
    sro_address: Annotated[str | None, Field(pattern=r"^https?://")] = None
    """Replaces the address of the scans' service."""


class Extras(BaseModel):
    """Correios' specialities."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    validity_days: Annotated[int | None, Field(ge=5, le=90)] = None
    """How long a counter order can be used; the carrier's ten days where nothing is said."""
    collect_on: date | None = None
    """Collected at the returner's on this day."""
    or_counter: bool = False
    """Where nobody collects, the order becomes one for the counter; otherwise it is refused."""


def extras_of(extras: Mapping[str, object]) -> Extras:
    """Raises Refused for extras that are not of Correios' form."""
    try:
        return Extras.model_validate(extras)
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors()[0]["loc"])
        raise Refused("extras of another form", code=RefusalCode.DATA_INVALID, field=f"extras.{where}") from error


def result_of(body: xml.Element, operation: str) -> xml.Element:
    """The result of this operation's reply, which bears the operation's own name. Of another's, nothing could be said."""
    result = xml.child(body, operation) if xml.name_of(body) == f"{operation}Response" else None
    if result is None:
        raise Unintelligible("no result of the operation in the reply")
    return result


def error_code(result: xml.Element, name: str = "cod_erro") -> str:
    """The code without padding, "0" where all is well or nothing is said; a code that is no number stays as it is."""
    code = xml.text(result, name)
    if code is None:
        return "0"
    return str(int(code)) if re.fullmatch(r"-?[0-9]{1,9}", code) else tidy(code, 50)


def said(result: xml.Element, name: str = "msg_erro") -> str | None:
    """The carrier's own words."""
    text = xml.text(result, name)
    return tidy(text, 300) if text else None


def create_error(code: str, text: str | None) -> AdapterError:
    """What a code means after a create: only the listed ones are a no. An unlisted one may come after the order was made."""
    if code in codes.SHUT_ACCOUNT:
        return CredentialsRejected("login, contract or card refused", wire_code=code, wire_text=text)
    if code in codes.REFUSALS:
        return Refused(f"refused with code {code}", code=codes.REFUSALS[code], wire_code=code, wire_text=text)
    return OutcomeUnknown(f"an unlisted code {code}", wire_code=code, wire_text=text)


def read_failure(code: str, text: str | None) -> AdapterError:
    """What a code means after a read: nothing was changed, and an unlisted code is simply a no."""
    if code in codes.SHUT_ACCOUNT:
        return CredentialsRejected("login, contract or card refused", wire_code=code, wire_text=text)
    if code in codes.AWAY:
        return Unavailable("the service says that it is away", wire_code=code, wire_text=text)
    known = codes.REFUSALS.get(code, RefusalCode.OTHER)
    return Refused(f"refused with code {code}", code=known, wire_code=code, wire_text=text)


def read_fault(fault: xml.Element) -> AdapterError | None:
    """The service's one Fault (`ComponenteException`) has free text only; what it means is left to the kind of call."""
    return None


def read_error(reply: Reply) -> AdapterError | None:
    """What an answer with an error status says, where it holds one of the carrier's results."""
    try:
        body = open_envelope(Reply(200, reply.content, reply.headers, reply.creates), read_fault)
        result = result_of(body, xml.name_of(body).removesuffix("Response"))
    except AdapterError as error:
        return None if isinstance(error, Unintelligible) else error
    code = error_code(result)
    judge = create_error if reply.creates else read_failure
    return None if code == "0" else judge(code, said(result))


def day_of(text: str | None) -> date | None:
    """The first dd/mm/yyyy or dd-mm-yyyy in the text; None where there is no such day."""
    found = DAY.search(text or "")
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        return None


def end_of_day(day: date) -> datetime:
    """The first instant after it, in Brasília. Raises Unintelligible for a day at the end of time."""
    try:
        after = day + timedelta(days=1)
        return datetime(after.year, after.month, after.day, tzinfo=BRASILIA).astimezone(UTC)
    except OverflowError as error:
        raise Unintelligible("a day out of range") from error


def instant(day: str | None, clock: str | None, state: str | None = None) -> tuple[datetime | None, ZoneSource]:
    """Day and clock time at a place in this state (UF), Brasília's time assumed where it is none of Brazil's. None where
    they are no time."""
    zone = codes.ZONES.get((state or "").upper())
    source = ZoneSource.PLACE if zone else ZoneSource.ASSUMED
    on, at = day_of(day), CLOCK.match(clock or "")
    if on is None or at is None:
        return None, source
    try:
        there = ZoneInfo(zone) if zone else BRASILIA
        local = datetime(on.year, on.month, on.day, int(at[1]), int(at[2]), int(at[3] or 0), tzinfo=there)
        return local.astimezone(UTC), source
    except (ValueError, OverflowError):
        return None, source


def brazilian_day(at: datetime, zone: str) -> str:
    """dd/mm/yyyy of an instant there. Raises Refused for a zone there is not."""
    try:
        return at.astimezone(ZoneInfo(zone)).strftime("%d/%m/%Y")
    except (ValueError, OSError, OverflowError) as error:
        raise Refused("no such time zone", code=RefusalCode.DATA_INVALID, field="zone") from error


def plain(text: str) -> str:
    """Lower case without accents: the carrier's words come with them, without them, or with the letters cut out."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
