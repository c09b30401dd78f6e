"""A claim for goods lost, damaged or late, from the draft to the money."""

from enum import StrEnum


class ClaimState(StrEnum):
    """Where it stands between us and the carrier."""

    DRAFT = "draft"
    FILING = "filing"
    FILED = "filed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PAID = "paid"
    WITHDRAWN = "withdrawn"
