"""What a platform that decides on return applications is handed, and what it answers."""

from datetime import date
from typing import Annotated

from pydantic import Field

from schemas.acceptance import Packaging
from schemas.returns import ReturnItem
from schemas.terms import PaperKind
from schemas.values import ClientRef, Model, Note, ShortText, Text


class PaperFile(Model):
    """A paper with its bytes; the type is by them, and the hash is of them."""

    kind: PaperKind
    media_type: ShortText
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    content: Annotated[bytes, Field(min_length=1)]


class ApplicationRequest(Model):
    """An application as it now stands. `client_ref` names it at the platform, and the return that comes of it."""

    client_ref: ClientRef
    order_id: Text | None = None
    order_number: Text | None = None
    items: tuple[ReturnItem, ...]
    note: Note | None = None
    packaging: Packaging | None = None
    ordered_on: date | None = None
    invoiced_on: date | None = None
    shipped_on: date | None = None
    delivered_on: date | None = None
    papers: tuple[PaperFile, ...] = ()
    withdrawn: bool = False


class ApplicationReceipt(Model):
    """That the platform has it. `rma_id` is what it calls the return: our own reference."""

    rma_id: ShortText
    wire_status: Text | None = None
