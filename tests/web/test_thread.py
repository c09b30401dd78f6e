"""The thread of a return through the doors, on both stores: written, told, shown, and answered in time or asked for."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway import worker
from gateway.journeys import conversing
from gateway.store.work import Job
from schemas.thread import PlatformMessage
from tests.web.browser import Browser
from tests.web.doors import ON_BOTH, House, a_return

pytestmark = ON_BOTH
HOUR = timedelta(hours=1)


async def opened(house: House) -> str:
    return str((await house.mine.post("/v1/returns", a_return(), 201))["id"])


async def write(house: House, return_id: str, status: int = 201, **said: Any) -> Any:
    return await house.mine.post(f"/v1/returns/{return_id}/messages", {"text": "Where is it?", **said}, status)


async def thread(house: House, return_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await house.mine.get(f"/v1/returns/{return_id}/messages"))["data"]
    return rows


async def tasks(house: House, return_id: str) -> list[tuple[str, str]]:
    """Kind and detail of what waits for a person."""
    rows = (await house.mine.get("/v1/tasks"))["data"]
    return [(row["kind"], row["detail"]) for row in rows if row["return_id"] == return_id]


async def judge(house: House) -> int:
    """Run what is due of answers, as the worker does; how many."""
    jobs = await house.gw.store.due("answer")
    for job in jobs:
        await worker.run(house.gw, job)
    return len(jobs)


def at(house: House, after: timedelta) -> str:
    return (house.clock.now + after).isoformat().replace("+00:00", "Z")


async def test_both_sides_of_the_house_write_and_the_newest_stands_first(house: House) -> None:
    return_id = await opened(house)
    first = await write(house, return_id, text="Wo ist es?\nUnd wann?", answer_by="2026-03-02T12:30:00+01:00")
    assert {name: first[name] for name in ("return_id", "who", "text", "posted_at", "answer_by", "answered_at")} == {
        "return_id": return_id,
        "who": "exporter",
        "text": "Wo ist es?\nUnd wann?",
        "posted_at": "2026-03-02T09:30:00Z",
        "answer_by": "2026-03-02T11:30:00Z",
        "answered_at": None,
    }
    assert first["seconds_left"] == 2 * 3600
    house.clock.forward(HOUR)
    second = await write(house, return_id, who="service", text="At the hub")
    shown = await thread(house, return_id)
    assert [(one["id"], one["who"], one["seconds_left"]) for one in shown] == [
        (second["id"], "service", None),
        (first["id"], "exporter", None),  # answered: nobody waits
    ]
    assert shown[1]["answered_at"] == "2026-03-02T10:30:00Z"
    page = await house.mine.get(f"/v1/returns/{return_id}/messages?limit=1")
    rest = await house.mine.get(f"/v1/returns/{return_id}/messages?limit=1&cursor={page['next']}")
    assert [page["data"], rest["data"]] == [shown[:1], shown[1:]]
    moments = (await house.mine.get(f"/v1/returns/{return_id}/timeline"))["moments"]
    said = [one["data"]["after"] for one in moments if one["kind"] == "message.posted"]
    assert [(one["who"], one["text"]) for one in said] == [
        ("exporter", "Wo ist es?\nUnd wann?"),
        ("service", "At the hub"),
    ]


async def test_what_is_no_message_is_turned_away(house: House) -> None:
    return_id = await opened(house)
    for wrong in (
        {"text": ""},
        {"text": " \n "},
        {"text": "x" * 4001},
        {"text": "a\x00b"},
        {"text": "\u202eabc"},
        {"who": "platform"},
        {"answer_by": "2026-03-02T12:30:00"},
        {"answer_by": at(house, timedelta())},
        {"answer_by": at(house, -HOUR)},
    ):
        await write(house, return_id, 422, **wrong)
    path = f"/v1/returns/{return_id}/messages"
    await house.mine.post(path, {"text": "x"}, 400, idempotent=None)
    await house.theirs.post(path, {"text": "x"}, 404)
    await house.theirs.get(path, 404)
    await (await house.key("bookings")).post(path, {"text": "x"}, 403)
    assert await thread(house, return_id) == []


async def test_one_key_writes_once(house: House) -> None:
    return_id = await opened(house)
    path = f"/v1/returns/{return_id}/messages"
    twice = [await house.mine.post(path, {"text": "once"}, 201, idempotent="thread-1") for _ in range(2)]
    assert twice[0] == twice[1]
    assert len(await thread(house, return_id)) == 1


async def test_it_is_told_to_endpoints_whose_kinds_take_it_and_to_no_platform_that_does_not(house: House) -> None:
    for kinds in (["message.posted"], ["return.approved"], []):
        asked = {"url": f"https://example.com/{len(kinds)}", "kinds": kinds}
        await house.mine.post("/v1/webhook_endpoints", asked, 201)
    return_id = await opened(house)
    await write(house, return_id)
    rows = [row for row in (await house.mine.get("/v1/deliveries"))["data"] if row["kind"] == "message.posted"]
    assert [row["target"] for row in rows] == ["endpoint", "endpoint"]  # one takes it by name, one takes everything


async def test_an_answer_that_does_not_come_is_asked_of_a_person_once(house: House) -> None:
    return_id = await opened(house)
    asked = await write(house, return_id, answer_by=at(house, HOUR))
    house.clock.forward(timedelta(seconds=1))
    await write(house, return_id, text="Anybody?")  # who asks does not answer himself
    house.clock.forward(HOUR - timedelta(seconds=2))
    assert (await judge(house), await tasks(house, return_id)) == (0, [])
    house.clock.forward(timedelta(seconds=1))
    wanted = [("answer_missed", "exporter wanted an answer by 2026-03-02 10:30 UTC")]
    assert (await judge(house), await tasks(house, return_id)) == (1, wanted)
    await worker.run(house.gw, Job("answer", asked["id"], house.mine.exporter_id))
    assert (await judge(house), await tasks(house, return_id)) == (0, wanted)
    moments = (await house.mine.get(f"/v1/returns/{return_id}/timeline"))["moments"]
    assert [one["kind"] for one in moments].count("message.unanswered") == 1
    assert (await thread(house, return_id))[-1]["seconds_left"] == 0  # the oldest: the question
    house.clock.forward(HOUR)
    await write(house, return_id, who="service", text="Here it is")
    assert await tasks(house, return_id) == []
    answered = (await thread(house, return_id))[-1]
    assert (answered["answered_at"], answered["seconds_left"]) == ("2026-03-02T11:30:00Z", None)


async def test_an_answer_in_time_leaves_nothing_due(house: House) -> None:
    return_id = await opened(house)
    await write(house, return_id, answer_by=at(house, HOUR))
    await write(house, return_id, who="service", text="Here", answer_by=at(house, 2 * HOUR))
    house.clock.forward(HOUR)
    assert (await judge(house), await tasks(house, return_id)) == (0, [])
    house.clock.forward(HOUR)  # and the answer's own question is still one
    assert await judge(house) == 1
    assert [kind for kind, _ in await tasks(house, return_id)] == ["answer_missed"]


async def test_an_answer_and_its_end_at_once_leave_nobody_asked(house: House) -> None:
    returns = [await opened(house) for _ in range(8)]
    for return_id in returns:
        await write(house, return_id, answer_by=at(house, HOUR))
    house.clock.forward(HOUR)
    jobs = await house.gw.store.due("answer")
    assert len(jobs) == len(returns)
    judged = [worker.run(house.gw, job) for job in jobs]
    answers = [write(house, return_id, who="service") for return_id in returns]
    await asyncio.gather(*(one for pair in zip(judged, answers, strict=True) for one in pair))
    assert [found for return_id in returns for found in await tasks(house, return_id)] == []
    assert all([(await thread(house, return_id))[-1]["answered_at"] for return_id in returns])
    assert await judge(house) == 0


async def test_the_platforms_message_counts_from_when_it_was_written(house: House) -> None:
    """One from before the question is no answer to it; one that comes late and was written in time was in time."""
    return_id = await opened(house)
    start = house.clock.now
    await write(house, return_id, answer_by=at(house, HOUR))
    house.clock.forward(2 * HOUR)
    assert await judge(house) == 1

    async def hear(**said: Any) -> None:
        async with house.gw.store.transaction(house.mine.exporter_id, "platform:sandbox") as tx:
            await conversing.hear(tx, return_id, PlatformMessage(**said))

    await hear(message_id="M1", text="Good morning", posted_at=start - HOUR)
    assert len(await tasks(house, return_id)) == 1
    for _ in range(2):  # a repetition changes nothing
        await hear(message_id="M2", text="Here", posted_at=start + HOUR / 2)
    assert await tasks(house, return_id) == []
    await hear(message_id="M3", text="From the future", posted_at=start + 24 * HOUR)
    shown = await thread(house, return_id)
    assert [one["text"] for one in shown] == ["From the future", "Here", "Where is it?", "Good morning"]
    assert shown[0]["posted_at"] == at(house, timedelta())
    assert shown[2]["answered_at"] == "2026-03-02T10:00:00Z"


@pytest.mark.parametrize(("language", "words", "wrong"), [
    ("en", ("Messages", "service", "not answered yet", "Message written"), "Not recorded."),
    ("zh", ("留言", "客服", "尚未答复", "新留言"), "未登记"),
])  # fmt: skip
async def test_the_console_shows_the_thread_and_writes_to_it(
    house: House, inside: Browser, language: str, words: tuple[str, ...], wrong: str
) -> None:
    return_id = await opened(house)
    page, act = f"/console/returns/{return_id}?lang={language}", f"/console/returns/{return_id}/messages"
    token = await inside.token(page)
    form = {"csrf": token, "who": "service", "text": "<b>Nähte\r\nprüfen</b>", "answer_by": "2026-03-05T18:00"}
    assert (await inside.post(act, form | {"csrf": "0"})).status == 403
    answer = await inside.post(act, form)
    assert (answer.status, answer.headers["Location"]) == (303, f"/console/returns/{return_id}#thread")
    shown = await (await inside.get(page)).text()
    assert all(word in shown for word in words)
    assert "&lt;b&gt;Nähte\nprüfen&lt;/b&gt;" in shown
    (one,) = await thread(house, return_id)
    assert (one["who"], one["answer_by"]) == ("service", "2026-03-05T10:00:00Z")  # 18:00 in the exporter's Shanghai
    for bad in ({"text": " "}, {"who": "platform"}, {"answer_by": "2020-01-01T00:00"}, {"answer_by": "soon"}):
        refused = await inside.post(act, form | bad)
        assert refused.status == 422
        assert wrong in await refused.text(), bad
    assert (await inside.post(act, form | {"text": "字" * 4000})).status == 303
    assert len(await thread(house, return_id)) == 2
