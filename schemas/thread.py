"""The thread of a return: what exporter, platform and service write to each other."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.values import Instant, Model, Note, ShortText


class Side(StrEnum):
    """Who speaks. Service is whoever looks after the return for both: a support desk, a logistics company."""

    EXPORTER = "exporter"
    PLATFORM = "platform"
    SERVICE = "service"


class PlatformMessage(Model):
    """What a platform wrote. `message_id` is its own, and the same for every repetition."""

    message_id: ShortText
    text: Annotated[Note, Field(min_length=1)]
    posted_at: Instant | None = None
    answer_by: Instant | None = None


class MessageNote(Model):
    """A message of ours, told to a platform that takes them. `message_id` is ours: the same again is the same message."""

    rma_id: ShortText
    message_id: ShortText
    side: Side
    text: Annotated[Note, Field(min_length=1)]
    posted_at: Instant
    answer_by: Instant | None = None
