"""What sets a time limit running, and what a claim is about."""

from enum import StrEnum


class ClockStart(StrEnum):
    """An event with a time and a place. Whoever prints a limit says which one it counts from."""

    BOOKED = "booked"
    HANDED_OVER = "handed_over"
    READY_TO_COLLECT = "ready_to_collect"
    DELIVERED = "delivered"
    INVOICED = "invoiced"
    EXPORTED = "exported"


class ClaimKind(StrEnum):
    """What a carrier is held liable for. Each has a window of its own, and often another start."""

    LOSS = "loss"
    DAMAGE = "damage"
    DELAY = "delay"
