"""How the sandbox carrier's JSON is read at all: errors, words, times, the token. Pure."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from adapters.carriers.sandbox_rest import codes
from adapters.toolkit.auth import Token
from adapters.toolkit.http import Reply
from schemas.errors import AdapterError, OutcomeUnknown, Refused, Unintelligible
from schemas.values import Waybill, tidy

Given = ParamSpec("Given")
Read = TypeVar("Read")
TOKEN_MARGIN_SECONDS = 60.0


def foreign(read: Callable[Given, Read]) -> Callable[Given, Read]:
    """A reader that lets nothing out but AdapterError: what does not fit our models is Unintelligible."""

    @wraps(read)
    def careful(*args: Given.args, **kwargs: Given.kwargs) -> Read:
        try:
            return read(*args, **kwargs)
        except (ValueError, OverflowError) as error:
            raise Unintelligible(f"{read.__name__}: not of the documented form") from error

    return careful


def word_of(value: object) -> str:
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError("not a word")
    return tidy(value)


Word = Annotated[str, BeforeValidator(word_of)]


class Wire(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)


def listed(body: dict[str, Any], name: str, absent: object = None) -> list[Any]:
    """A list that must be there unless `absent` says what stands for it. Raises Unintelligible."""
    value = body.get(name, absent)
    if not isinstance(value, list):
        raise Unintelligible(f"no {name} in the reply")
    return value


def number_of(text: str) -> Waybill:
    """A waybill that is one."""
    if not text:
        raise Unintelligible("an empty waybill")
    return Waybill(text)


def stated_instant(text: str | None) -> datetime | None:
    """An ISO 8601 instant with its offset; None where there is none to read."""
    moment = moment_of(text)
    return moment if moment is not None and moment.tzinfo is not None else None


def moment_of(text: str | None) -> datetime | None:
    """ISO 8601, with or without offset; None where it cannot be read as a time that can be said in UTC."""
    try:
        moment = datetime.fromisoformat(text) if text else None
        return moment if moment is None or moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_error(reply: Reply) -> AdapterError | None:
    """A refusal that stands in our table; None for everything else."""
    try:
        error = _error_of(reply.json())
    except Unintelligible:
        return None
    code = tidy(error.get("code"))
    if code not in codes.REFUSALS:
        return None
    said, field = tidy(error.get("message") or code), error.get("field")
    return Refused(code=codes.REFUSALS[code], wire_code=code, wire_text=said, field=tidy(field) if field else None)


def _error_of(body: object) -> dict[str, Any]:
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def said(reply: Reply) -> dict[str, Any]:
    """The body. A `success: false` is an error at any status, 200 included."""
    body = reply.json()
    if not isinstance(body, dict):
        raise Unintelligible("not a JSON object")
    if body.get("success") is False:
        code = tidy(_error_of(body).get("code"), 50)
        unlisted = OutcomeUnknown if reply.creates else Refused
        raise read_error(reply) or unlisted("the carrier says it failed", wire_code=code)
    return body


@foreign
def read_token(reply: Reply, asked_at: float) -> Token:
    """Good for the stated seconds less a margin."""
    body = said(reply)
    token, seconds = body.get("access_token"), body.get("expires_in")
    if not isinstance(token, str) or not token.isascii() or not isinstance(seconds, (int, Decimal)):
        raise Unintelligible("no token in the reply")
    return Token(token, asked_at + max(float(seconds) - TOKEN_MARGIN_SECONDS, 1.0))
