"""What callers may write to a return's thread."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from gateway.web.asked import AskedInstant
from schemas.values import Model, Note


class Writer(StrEnum):
    """Whom a caller may write for: the platform speaks for itself."""

    EXPORTER = "exporter"
    SERVICE = "service"


class AskedMessage(Model):
    """A message to the others. With `answer_by`, a person is asked if none of them has written by then."""

    who: Writer = Writer.EXPORTER
    text: Annotated[Note, Field(min_length=1, pattern=r"\S")]
    answer_by: AskedInstant | None = None
