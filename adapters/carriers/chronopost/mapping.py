"""What all of Chronopost's messages share: the account, the result with its error code, text, files, times.

Pure. Readers take the first element of the SOAP body.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Set
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr

from adapters.carriers.chronopost import codes
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
from schemas.values import tidy

PARIS = ZoneInfo("Europe/Paris")
ISSUER = "CHRFR"
"""A fixed value of the header."""
LANGUAGE = "en_GB"


class Credentials(BaseModel):
    """The contract: its number, the password that goes with it, and the sub-account where there are several."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_number: Annotated[str, Field(pattern=r"^[0-9]{8}$")]
    password: SecretStr
    sub_account: Annotated[str, Field(pattern=r"^([0-9]{3})?$")] = ""

    @property
    def secret(self) -> str:
        return self.password.get_secret_value()

    @property
    def header(self) -> dict[str, Any]:
        # An integer by the WSDL, and yet left empty in every call the carrier is known to have accepted.
        return {"accountNumber": self.account_number, "idEmit": ISSUER, "subAccount": self.sub_account}


class Collection(BaseModel):
    """The courier comes for the parcels: between two instants of one day, at the returner's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ready_at: AwareDatetime
    close_at: AwareDatetime
    zone: str = "Europe/Paris"
    floor: Annotated[str, Field(max_length=32)] = ""
    door_code: Annotated[str, Field(max_length=38)] = ""
    department: Annotated[str, Field(max_length=32)] = ""
    instructions: Annotated[str, Field(max_length=255)] = ""


class Extras(BaseModel):
    """Chronopost's specialities. Codes of service day and delivery come from the carrier's integration desk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service_day: Annotated[str, Field(pattern=r"^[0-9]{1,3}$")] = "0"
    """0 on a working day, 6 on a Saturday, three digits for some products."""
    delivery_code: str | None = None
    relay_id: Annotated[str | None, Field(pattern=r"^[0-9]{4}[A-Za-z]$")] = None
    ship_hour: Annotated[int, Field(ge=0, le=23)] = 12
    label_mode: Literal["PDF", "PPR", "SPD", "THE", "Z2D"] | None = None
    """PPR lists the drop-off points near the returner beside the label."""
    collection: Collection | None = None


def result_of(body: xml.Element, operation: str) -> xml.Element:
    """The `return` element of this operation's reply, all versions. Of another's, an empty result would read as good news."""
    name = xml.name_of(body)
    result = xml.child(body, "return") if name.startswith(operation) and name.endswith("Response") else None
    if result is None:
        raise Unintelligible("no result in the reply")
    return result


def error_code(result: xml.Element, name: str = "errorCode") -> str:
    """The code, "0" where all is well."""
    code = xml.required(result, name)
    if not re.fullmatch(r"-?[0-9]{1,9}", code):
        raise Unintelligible("an error code that is no number", wire_code=tidy(code, 50))
    return str(int(code))


def said(result: xml.Element, *names: str) -> str | None:
    """The carrier's own words, in the first of these elements that has any."""
    texts = (xml.text(result, name) for name in names or ("errorMessage",))
    found = next((text for text in texts if text), None)
    return tidy(found, 500) if found else None


def create_error(
    code: str, text: str | None, refusals: Mapping[str, RefusalCode], shut: Set[str] = frozenset()
) -> AdapterError:
    """A code that is in no table may follow something created: only a look-up can tell."""
    if code in shut:
        return CredentialsRejected("account or password refused", wire_code=code, wire_text=text)
    if code not in refusals:
        return OutcomeUnknown("an error that is in no table", wire_code=code, wire_text=text)
    return Refused(f"refused with code {code}", code=_account_or(refusals[code], text), wire_code=code, wire_text=text)


def read_failure(
    code: str, text: str | None, refusals: Mapping[str, RefusalCode], shut: Set[str] = frozenset()
) -> AdapterError:
    """Nothing was to change, so a code that is in no table is simply a no."""
    if code in shut:
        return CredentialsRejected("account or password refused", wire_code=code, wire_text=text)
    if code in codes.SYSTEM_ERRORS and code not in refusals:
        return Unavailable("an error of the service itself", wire_code=code, wire_text=text)
    known = refusals.get(code, RefusalCode.OTHER)
    return Refused(f"refused with code {code}", code=_account_or(known, text), wire_code=code, wire_text=text)


def _account_or(known: RefusalCode, text: str | None) -> RefusalCode:
    ours = any(word in (text or "").lower() for word in codes.ACCOUNT_WORDS)
    return RefusalCode.ACCOUNT_INVALID if ours else known


def read_fault(fault: xml.Element) -> AdapterError | None:
    """No Fault of Chronopost's is documented; what it means is left to the kind of call."""
    return None


def read_error(reply: Reply) -> AdapterError | None:
    """What an answer with an error status says, where it holds one of the carrier's results."""
    try:
        body = open_envelope(Reply(200, reply.content, reply.headers, reply.creates), read_fault)
        result = result_of(body, "")
        code = error_code(result)
    except AdapterError as error:
        return None if isinstance(error, Unintelligible) else error
    if code == "0":
        return None
    judge = create_error if reply.creates else read_failure
    return judge(code, said(result), codes.REFUSALS, codes.SHUT_ACCOUNT)


def decoded(text: str) -> bytes:
    """A file out of base64, whose lines the carrier folds."""
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unintelligible("a file that is not base64") from error
    if not content:
        raise Unintelligible("an empty file")
    return content


def instant(text: str | None) -> tuple[datetime | None, bool]:
    """An xs:dateTime, and whether it states its offset. Without one it is French time; None where it is no time."""
    try:
        value = datetime.fromisoformat(text or "")
        stated = value.tzinfo is not None
        return (value if stated else value.replace(tzinfo=PARIS)).astimezone(UTC), stated
    except (ValueError, OverflowError):
        return None, False


def local(value: datetime, zone: str) -> str:
    """Local time without an offset, as the carrier writes its requests. Raises Refused for a zone there is not."""
    try:
        there = value.astimezone(ZoneInfo(zone))
    except (ValueError, OSError, OverflowError) as error:
        raise Refused("no such time zone", code=RefusalCode.DATA_INVALID, field="zone") from error
    return there.replace(tzinfo=None).isoformat(timespec="seconds")


def phone_digits(phone: str | None) -> str | None:
    """Digits only: a leading plus becomes 00."""
    return re.sub(r"\D", "", phone.replace("+", "00", 1) if phone.startswith("+") else phone) if phone else None


def centimetres(millimetres: int | None) -> int:
    """Rounded up; 0 says unknown."""
    return -(-(millimetres or 0) // 10)
