"""Errors as problem documents (RFC 9457): one table from what went wrong to what the caller is told, never more."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.store.lists import Taken
from gateway.web.languages import LANGUAGES
from gateway.web.problem_texts import DETAILS, FIELDS, STATUS, TITLES
from schemas.errors import (
    AdapterError,
    Conflict,
    NotFound,
    NothingHappened,
    OutcomeUnknown,
    RefusalCode,
    Refused,
    SignatureRejected,
    Throttled,
    Unintelligible,
    Unsupported,
)

log = structlog.get_logger(__name__)
SHOWN_ERRORS = 100
SHOWN_POINTER = 100
RETRY_AFTER = "5"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field. `hint` is a fact of ours (a limit, the code that was meant), never the input."""

    pointer: str
    code: str
    hint: str = ""


class Problem(Exception):
    """An answer that says what is wrong."""

    def __init__(
        self,
        slug: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(slug)
        self.slug = slug
        self.status = STATUS[slug]
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def document(self, language: str, request_id: str, base: str) -> dict[str, Any]:
        spoken = LANGUAGES.index(language)
        said: dict[str, Any] = {
            "type": f"{base}/problems/{self.slug}",
            "title": TITLES[self.slug][spoken],
            "status": self.status,
            "detail": DETAILS[self.slug][spoken],
            "instance": request_id,
            **self.extra,
        }
        if self.errors:
            said["errors"] = [_field(error, spoken) for error in self.errors[:SHOWN_ERRORS]]
        return said

    def response(self, language: str, request_id: str, base: str) -> web.Response:
        body = json.dumps(self.document(language, request_id, base), ensure_ascii=False).encode()
        return web.Response(
            status=self.status,
            body=body,
            headers={"Content-Type": "application/problem+json", "Content-Language": language, **self.headers},
        )


def _field(error: FieldError, spoken: int) -> dict[str, str]:
    detail = FIELDS[error.code][spoken] if error.code in FIELDS else error.code
    return {
        "pointer": error.pointer[:SHOWN_POINTER],
        "code": error.code,
        "detail": f"{detail} ({error.hint})" if error.hint else detail,
    }


def problem_of(error: BaseException) -> Problem:
    """What a caller is told of an error. Anything that is not in the table is a bug of ours, logged and not described."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationError):
        return invalid(error)
    if isinstance(error, web.HTTPException):
        return _of_http(error)
    if isinstance(error, NotFound):
        return Problem("not-found")
    if isinstance(error, Conflict):
        return Problem("invalid-state", extra={"state": error.state, "reason": str(error)[:200]})
    if isinstance(error, Taken):
        return Problem("invalid-state", extra={"state": "exists"})
    if isinstance(error, AdapterError):
        return _of_adapter(error)
    log.exception("request.failed", exc_info=error)
    return Problem("internal")


def _of_adapter(error: AdapterError) -> Problem:
    if isinstance(error, SignatureRejected):
        return Problem("signature-invalid")
    if isinstance(error, Refused):
        pointer = f"/{error.field}" if error.field else ""
        ours = error.code is RefusalCode.DATA_INVALID and not isinstance(error, Unsupported)
        code = "url" if ours and error.field == "url" else str(error.code)
        return Problem(
            "validation" if ours else "carrier-rejected", errors=[FieldError(pointer, code, str(error)[:200])]
        )
    if isinstance(error, OutcomeUnknown):
        return Problem("invalid-state", extra={"state": "unknown", "reason": str(error)[:200]})
    if isinstance(error, Unintelligible):
        return Problem("malformed-body")
    if isinstance(error, NothingHappened):
        named = error.retry_after if isinstance(error, Throttled) else None
        return Problem("unavailable", headers={"Retry-After": str(int(named)) if named else RETRY_AFTER})
    log.exception("request.failed", exc_info=error)
    return Problem("internal")


def _of_http(error: web.HTTPException) -> Problem:
    if isinstance(error, web.HTTPMethodNotAllowed):
        return Problem("method-not-allowed", headers={"Allow": ", ".join(sorted(error.allowed_methods))})
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return Problem("body-too-large")
    return Problem("not-found" if error.status == 404 else "malformed-body")


# pydantic's error types, by prefix, the first that fits: https://docs.pydantic.dev/latest/errors/validation_errors/
CODES: Sequence[tuple[str, str]] = (
    ("missing", "required"),
    ("extra_forbidden", "unknown_field"),
    ("enum", "choice"),
    ("literal_error", "choice"),
    ("string_too_long", "too_long"),
    ("too_long", "too_long"),
    ("string_too_short", "too_short"),
    ("too_short", "too_short"),
    ("greater_than", "range"),
    ("less_than", "range"),
    ("int_from_float", "type"),
    ("int_parsing_size", "range"),
    ("string_pattern", "format"),
    ("datetime", "instant"),
    ("timezone", "instant"),
    ("date", "format"),
    ("time", "format"),
)
LIMITS = ("max_length", "min_length", "le", "lt", "ge", "gt", "expected")
# What our own validators say (schemas/values.py): the code, known by its words.
SAID: Sequence[tuple[str, str]] = (
    ("control characters", "characters"),
    ("ISO 3166-1", "country"),
    ("ISO 4217", "currency"),
    ("decimal string", "money"),
    ("decimals", "decimals"),
    ("needs its zone", "instant"),
)
MEANT = re.compile(r"did you mean (\w+)\?")


def invalid(error: ValidationError, prefix: str = "", slug: str = "validation") -> Problem:
    """Every field that is wrong, at once. A body that pydantic's own parser cannot read is malformed."""
    details = error.errors(include_url=False, include_input=False)
    if any(detail["type"] == "json_invalid" for detail in details):
        return Problem("malformed-body")
    deeper = {detail["loc"][:depth] for detail in details for depth in range(len(detail["loc"]))}
    # A list whose lines are wrong is called too short as well, because only good lines are counted.
    told = [detail for detail in details if not (detail["type"] == "too_short" and detail["loc"] in deeper)]
    return Problem(slug, errors=[_error_of(detail, prefix) for detail in told[:SHOWN_ERRORS]])


def _error_of(detail: ErrorDetails, prefix: str) -> FieldError:
    kind, context = detail["type"], detail.get("ctx", {})
    at = [*detail["loc"], *str(context["at"]).split("/")] if "at" in context else detail["loc"]
    pointer = prefix + pointer_of(at)
    if kind == "value_error":
        code = next((code for words, code in SAID if words in detail["msg"]), "format")
        meant = MEANT.search(detail["msg"])
        return FieldError(pointer, code, f"→ {meant[1]}" if meant else "")
    if kind in FIELDS:
        return FieldError(pointer, kind, str(context.get("hint", "")))
    code = next((code for start, code in CODES if kind.startswith(start)), "type")
    hint = next((f"{name} {context[name]}" for name in LIMITS if name in context), "")
    return FieldError(pointer, code, hint[:200])


def pointer_of(location: Iterable[int | str]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
