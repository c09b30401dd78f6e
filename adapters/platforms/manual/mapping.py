"""A platform driven by hand sends nothing: whatever is said in its name is not of its form."""

from typing import NoReturn

from schemas.errors import Unintelligible
from schemas.messages import InboundMessage


def read_message(message: InboundMessage) -> NoReturn:
    """Raises Unintelligible, always."""
    raise Unintelligible("this platform sends no messages")
