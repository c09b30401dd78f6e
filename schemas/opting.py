"""The exporter's written word for what spends or destroys something when a limit ends."""

from datetime import date
from typing import Annotated

from pydantic import Field

from schemas.values import DocumentId, Model, Note, ShortText


class OptIn(Model):
    """Who wants it so, since when and why. `document_id` is the paper that was signed, where there is one."""

    by: Annotated[ShortText, Field(min_length=1)]
    on: date
    words: Annotated[Note, Field(min_length=1)]
    document_id: Annotated[DocumentId, Field(pattern=r"^doc_[0-9a-z]{26}$")] | None = None
