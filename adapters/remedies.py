"""What a carrier may be asked when something went wrong, or lest it does. Part of the seam, which names all capabilities.

Each is a creating call under our own reference: its outcome may stay unknown, and then it is looked up and never sent again
blindly. A carrier without the capability is written to, and a person says under which number it was filed.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from schemas.covers import CoverRequest, Policy
from schemas.filings import ClaimRequest, DisputeRequest, Filing
from schemas.shipments import VoidReceipt
from schemas.values import ClientRef


@runtime_checkable
class FilesDisputes(Protocol):
    async def file_dispute(self, request: DisputeRequest) -> Filing: ...


@runtime_checkable
class FindsDisputes(Protocol):
    async def find_disputes(self, client_ref: ClientRef) -> Sequence[Filing]:
        """All matches, each with its state."""
        ...


@runtime_checkable
class FilesClaims(Protocol):
    async def file_claim(self, request: ClaimRequest) -> Filing: ...


@runtime_checkable
class FindsClaims(Protocol):
    async def find_claims(self, client_ref: ClientRef) -> Sequence[Filing]:
        """All matches, each with its state."""
        ...


@runtime_checkable
class InsuresGoods(Protocol):
    """A carrier or insurer that sells cover apart from the booking."""

    async def bind_cover(self, request: CoverRequest) -> Policy: ...

    async def cancel_cover(self, number: str) -> VoidReceipt:
        """Asking again does no harm."""
        ...


@runtime_checkable
class FindsCovers(Protocol):
    async def find_covers(self, client_ref: ClientRef) -> Sequence[Policy]:
        """All matches, each with its state."""
        ...
