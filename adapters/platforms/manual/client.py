"""A platform of which nobody is on the other side."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from adapters.platforms.manual import mapping
from adapters.seam import Platform, PlatformProfile
from schemas.errors import SignatureRejected
from schemas.messages import InboundMessage, Trust
from schemas.returns import PlatformEvent


class Credentials(BaseModel):
    """None."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Manual(Platform):
    profile: ClassVar[PlatformProfile] = PlatformProfile(
        id="manual",
        hears=False,
        name="By hand",
        documentation="our own API: POST /v1/returns",
        signature="none: this platform sends nothing",
        credentials=Credentials,
    )

    def verify(self, message: InboundMessage) -> Trust:
        raise SignatureRejected("this platform sends no messages")

    def delivery_id(self, message: InboundMessage) -> str:
        return message.sha256

    def read(self, message: InboundMessage) -> Sequence[PlatformEvent]:
        mapping.read_message(message)
