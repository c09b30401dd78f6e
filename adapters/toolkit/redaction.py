"""Keeps credentials out of what is recorded: by value, in every form they take on the wire, and by header name."""

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from pydantic import BaseModel, SecretBytes, SecretStr

MASK = "***"
HEADERS = re.compile(r"(?im)^((?:proxy-)?authorization|cookie|set-cookie|x-api-key|.*token.*|.*secret.*)(:\s*).*$")


class Redactor:
    """Replaces every given secret, and its base64, URL and XML forms, by a mask."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for secret in secrets:
            if len(secret) >= 4:
                forms |= {secret, quote(secret), quote_plus(secret), escape(secret)}
                forms.add(base64.b64encode(secret.encode()).decode().rstrip("="))
        ordered = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    @classmethod
    def of(cls, credentials: BaseModel) -> "Redactor":
        """Everything in a credentials model that is declared secret."""
        return cls(secrets_in(credentials))

    def clean(self, text: str) -> str:
        text = HEADERS.sub(rf"\1\2{MASK}", text)
        return self._pattern.sub(MASK, text) if self._pattern else text


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
