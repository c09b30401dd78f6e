"""Who stays together: most looks move a round as it is, and nobody is lost or in two rounds."""

import random
from datetime import UTC, datetime, timedelta

from gateway.rules.rounds import Plan, regroup

AT = datetime(2026, 3, 2, tzinfo=UTC)
SOON: Plan = (AT, 0)
LATE: Plan = (AT + timedelta(hours=4), 1)
NEVER: Plan = (None, 0)


def test_a_round_of_which_nothing_was_heard_moves_as_a_whole() -> None:
    (group,), left = regroup(dict.fromkeys("abc", LATE), {"r": set("abc")})
    assert (group.plan, group.stays, group.join, left) == (LATE, "r", [], set())


def test_what_one_call_asked_about_joins_the_largest_of_its_rounds() -> None:
    (group,), left = regroup(dict.fromkeys("abcd", LATE), {"p": {"a"}, "q": {"b", "c"}, "r": {"d"}})
    assert (group.stays, group.join, left) == ("q", ["a", "d"], {"p", "r"})


def test_who_has_news_leaves_and_the_others_stay() -> None:
    (most, one), left = regroup({"a": LATE, "b": SOON, "c": LATE}, {"r": set("abc")})
    assert (most.stays, most.join) == ("r", [])
    assert (one.plan, one.stays, one.join, left) == (SOON, None, ["b"], set())


def test_who_is_never_looked_at_again_belongs_to_none() -> None:
    (group,), left = regroup(dict.fromkeys("ab", NEVER), {"r": set("ab")})
    assert (group.stays, group.join, left) == (None, ["a", "b"], {"r"})


def test_a_round_that_was_asked_about_in_part_stays_where_it_is() -> None:
    (group,), left = regroup(dict.fromkeys("ab", LATE), {"r": set("abc")})
    assert (group.stays, group.join, left) == (None, ["a", "b"], set())


def test_everybody_is_in_one_round_of_his_plan_whatever_they_were() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        rounds: dict[str, set[str]] = {}
        for number in range(chance.randint(1, 40)):
            rounds.setdefault(f"r{chance.randint(0, 9)}", set()).add(f"s{number}")
        everybody = {one for ids in rounds.values() for one in ids}
        plans = {one: chance.choice((SOON, LATE, NEVER)) for one in everybody if chance.random() < 0.9}
        members = {round_id: ids for round_id, ids in rounds.items() if ids & plans.keys()}
        groups, left = regroup(plans, members)
        after = {one: round_id for round_id, ids in rounds.items() for one in ids}
        when = dict.fromkeys(rounds, None)
        for number, group in enumerate(groups):
            to = None if group.plan is NEVER else group.stays or f"new {number}"
            if to:
                assert not when.get(to)
                when[to] = group.plan
            after.update(dict.fromkeys(group.join, to))
        for one, plan in plans.items():
            assert (when[after[one]] if after[one] else NEVER) == plan, seed
        assert left.isdisjoint(after.values()), seed
        assert all(after[one] in rounds and not when[after[one]] for one in everybody - plans.keys()), seed
