"""Who is looked at together: what was asked about at once and is due again at the same instant belongs to one round.

Most looks bring nothing, and then a round moves as a whole: one row is written for all that a call asked about. Where
something was heard of one, or a limit comes near, it leaves; those that are found due at the same instant join.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

Plan = tuple[datetime | None, int]
"""When to look again (None: never), and how many looks in a row brought nothing."""


@dataclass(frozen=True, slots=True)
class Together:
    """Shipments of one plan."""

    plan: Plan
    stays: str | None
    """The round that they belong to from now on; None for a new one, or for none where they are never looked at again."""
    join: Sequence[str]
    """Those of them that come from other rounds."""


def regroup(plans: Mapping[str, Plan], members: Mapping[str, AbstractSet[str]]) -> tuple[list[Together], set[str]]:
    """Shipments that were asked about at once by their plans, and the rounds that are left by all. `members` are those of
    every round that one of them belonged to: a round of which others were not asked stays as it is, and these leave it."""
    of = {shipment_id: round_id for round_id, ids in members.items() for shipment_id in ids}
    left = {round_id for round_id, ids in members.items() if ids <= plans.keys()}
    by_plan: dict[Plan, set[str]] = {}
    for shipment_id, plan in plans.items():
        by_plan.setdefault(plan, set()).add(shipment_id)
    groups = []
    for plan, ids in sorted(by_plan.items(), key=lambda one: len(one[1]), reverse=True):
        whole = Counter(of[one] for one in ids if of[one] in left) if plan[0] is not None else Counter()
        stays = max(whole, key=lambda one: (whole[one], one), default=None)
        left.discard(stays or "")
        groups.append(Together(plan, stays, sorted(one for one in ids if of[one] != stays)))
    return groups, left
