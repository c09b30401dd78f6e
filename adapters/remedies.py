"""What a carrier may be asked when something went wrong. Part of the seam, which names these capabilities with the others.

Each is a creating call under our own reference: its outcome may stay unknown, and then it is looked up and never sent again
blindly. A carrier without the capability is written to, and a person says under which number it was filed.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from schemas.filings import ClaimRequest, DisputeRequest, Filing
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
