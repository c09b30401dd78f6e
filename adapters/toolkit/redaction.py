"""Keeps credentials out of what is recorded: by value, in every form they take on the wire, and by header name."""

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from pydantic import BaseModel, SecretBytes, SecretStr

MASK = "***"
_NAMES = r"[\w.:-]*(?:token|secret|password|passwd|api[_-]?key)[\w.:-]*"
TELLING = ("token", "secret", "passw", "api")
"""One of these is in every such name. Looking for them costs a tenth of looking for the names, and most texts have none."""
TELLING_HEADERS = ("authorization", "cookie")
"""The same of headers alone: no field in JSON or XML is masked for these."""
HEADERS = re.compile(rf"(?im)^((?:proxy-)?authorization|cookie|set-cookie|{_NAMES})(:[ \t]*).*$")
JSON_FIELDS = re.compile(rf'(?i)("{_NAMES}"\s*:\s*)"(?:[^"\\]|\\.)*"')
XML_FIELDS = re.compile(rf"(?i)(<{_NAMES}(?:\s[^<>]*)?>)[^<]+")
SHORTEST = 4
"""A secret below this is no secret, and masking every "1" would make a transcript worthless."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call as it may be shown: credentials are gone from every part of it."""

    name: str
    method: str
    url: str
    request: str
    status: int | None
    reply: str
    error: str | None
    seconds: float


class Redactor:
    """Replaces every given secret, in each form it takes on the wire, and every header or field with such a name."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)

    @classmethod
    def of(cls, credentials: BaseModel) -> "Redactor":
        """Everything in a credentials model that is declared secret."""
        return cls(secrets_in(credentials))

    def clean(self, text: str) -> str:
        folded = text.casefold()
        is_telling = any(word in folded for word in TELLING)
        if is_telling or any(word in folded for word in TELLING_HEADERS):
            text = HEADERS.sub(rf"\1\2{MASK}", text)
        if is_telling:
            text = JSON_FIELDS.sub(rf'\1"{MASK}"', text)
            text = XML_FIELDS.sub(rf"\1{MASK}", text)
        for form in self._forms:
            text = text.replace(form, MASK)
        return text


def _forms(secret: str) -> set[str]:
    """As it is, and as JSON, XML, URLs and base64 write it."""
    quoted = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    marked = {escape(secret), escape(secret, {'"': "&quot;"}), escape(secret, {'"': "&quot;", "'": "&apos;"})}
    dumped = {json.dumps(secret, ensure_ascii=plain)[1:-1] for plain in (True, False)}
    encoded = base64.b64encode(secret.encode("utf-8", "surrogateescape")).decode("ascii").rstrip("=")
    return {secret, encoded, *quoted, *marked, *dumped}


def secrets_in(value: object) -> list[str]:
    """Every SecretStr in a model, also nested in lists and models."""
    if isinstance(value, SecretStr):
        return [value.get_secret_value()]
    if isinstance(value, SecretBytes):
        return [value.get_secret_value().decode("utf-8", "replace")]
    if isinstance(value, BaseModel):
        return [secret for name in type(value).model_fields for secret in secrets_in(getattr(value, name))]
    if isinstance(value, (list, tuple)):
        return [secret for item in value for secret in secrets_in(item)]
    return []
