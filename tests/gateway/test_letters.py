"""Letters as they are written, and how a real mail server takes them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway import commands
from gateway.config import Settings
from gateway.core import relay_of
from gateway.letters import relay, words
from gateway.letters.letter import Envelope, Notice, write
from gateway.letters.relay import Relay
from schemas.errors import Refused, Unavailable
from schemas.messages import NoticeKind
from tests.house.post_office import PostOffice, post_office

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FROM, TO = "returns@gateway.example", "desk@linden.example"
EVIL = "Linden\r\nBcc: thief@evil.example\r\n\r\nPay now\u202e"


def notice(kind: NoticeKind = NoticeKind.TRACKING_STATUS_CHANGED, **data: Any) -> Notice:
    body = json.dumps({"type": kind.value, "data": {"return_id": "ret_1", **data}})
    return Notice("dlv_1", kind, AT, body, "ret_1", "R-1001")


def envelope(language: str = "en", **changed: Any) -> Envelope:
    return Envelope(FROM, TO, "Linden & Vale", language, "Asia/Shanghai", **changed)


def test_a_letter_tells_what_it_names_and_nothing_else() -> None:
    told = {
        "carrier": "dhl_express",
        "waybill": "JD01",
        "status": "in_transit",
        "due_at": "2026-03-09T16:00:00+00:00",
        "returner": {"name": "Marie Exemple"},
        "email": "marie@example.com",
        "platform": {"rma_id": "x"},
    }
    letter = write(notice(**told), envelope(see="https://gw.example/console/returns/ret_1"))
    assert letter["Subject"] == "A shipment moved on: return R-1001"
    assert letter["Message-ID"] == "<dlv_1@gateway.example>"
    assert letter["References"] == "<ret_1@gateway.example>"
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().splitlines() == [
        "A shipment moved on",
        "",
        "Return: R-1001",
        "When: 2026-03-02 17:30 (Asia/Shanghai)",
        "Carrier: dhl_express",
        "Waybill: JD01",
        "Status: in transit",
        "Ends: 2026-03-10 00:00 (Asia/Shanghai)",
        "",
        "See: https://gw.example/console/returns/ret_1",
        "Sent by Homeward for Linden & Vale. Nobody reads answers to this mail.",
    ]
    assert (
        letter.as_bytes() == write(notice(**told), envelope(see="https://gw.example/console/returns/ret_1")).as_bytes()
    )


def test_a_message_is_told_in_its_own_words_and_the_readers_language() -> None:
    said = {"who": "exporter", "text": "The seam is torn.\n衣缝已裂。", "answer_by": "2026-03-04T03:00:00+00:00"}
    letter = write(notice(NoticeKind.MESSAGE_POSTED, message=said), envelope("zh", reply_to="ask@linden.example"))
    assert letter["Subject"] == "新留言：退货 R-1001"
    assert letter["Reply-To"] == "ask@linden.example"
    assert letter.get_content().splitlines() == [
        "新留言",
        "",
        "退货单：R-1001",
        "时间：2026-03-02 17:30 (Asia/Shanghai)",
        "来自：出口方",
        "请于此前答复：2026-03-04 11:00 (Asia/Shanghai)",
        "",
        "The seam is torn.",
        "衣缝已裂。",
        "",
        "由 Homeward 代 Linden & Vale 发送。 回复此邮件即可联系 Linden & Vale。",
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_that_is_said_becomes_a_header(language: str) -> None:
    told = notice(NoticeKind.MESSAGE_POSTED, carrier=EVIL, message={"who": EVIL, "text": EVIL})
    letter = write(replace(told, number=EVIL), replace(envelope(language), exporter=EVIL))
    raw = letter.as_bytes().decode()
    head, _, _ = raw.partition("\r\n\r\n")
    assert "bcc" not in head.lower().replace("linden bcc: thief@evil.example", "")
    assert letter["Bcc"] is None
    ours = ("From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted")
    assert {*letter.keys()} == {*ours, "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
    assert len(letter.keys()) == 10
    with pytest.raises(ValueError, match=r"linefeed|newline|CR"):
        write(told, replace(envelope(language), recipient=f"{TO}\r\nBcc: thief@evil.example"))


@pytest.mark.parametrize("kind", list(NoticeKind))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_kind_has_its_words(kind: NoticeKind, language: str) -> None:
    letter = write(notice(kind), envelope(language))
    assert words.in_language(words.HAPPENED[kind], language) in letter["Subject"]


@pytest.mark.parametrize("table", [words.HAPPENED, words.LABELS, words.WORDS, words.FURNITURE])
def test_words_are_there_in_both_languages(table: dict[str, tuple[str, str]]) -> None:
    for english, chinese in table.values():
        assert english.isascii()
        assert chinese != english
        assert not chinese.isascii()


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with post_office(asyncio.get_running_loop()) as open_one:
        yield open_one


async def test_a_letter_arrives_as_it_was_written(office: PostOffice) -> None:
    said = {"who": "exporter", "text": "衣缝已裂。\n.\nA lone point ends nothing."}
    await Relay.of(office.url, FROM).send(write(notice(NoticeKind.MESSAGE_POSTED, message=said), envelope("zh")), TO)
    (letter,) = office.letters
    assert office.recipients == [[TO]]
    assert (letter["Subject"], letter["Message-ID"]) == ("新留言：退货 R-1001", "<dlv_1@gateway.example>")
    assert said["text"] in letter.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("refusals", "at_the_end", "error"),
    [
        (["550 5.1.1 no desk@linden.example here"], [], Refused),
        (["450 4.2.1 busy"], [], Unavailable),
        ([], ["554 5.7.1 marie@example.com looks like spam"], Unavailable),
        ([], ["451 4.3.0 try again"], Unavailable),
    ],
)
async def test_what_a_server_says_decides_whether_it_comes_again(
    office: PostOffice, refusals: list[str], at_the_end: list[str], error: type[Exception]
) -> None:
    said = (refusals or at_the_end)[0]
    office.refusals, office.at_the_end = refusals, at_the_end
    with pytest.raises(error) as caught:
        await Relay.of(office.url, FROM).send(write(notice(), envelope()), TO)
    assert caught.value.wire_code == said[:3]
    assert "@" not in str(caught.value)  # what it says may name people
    assert office.letters == []


async def test_a_server_that_is_away_or_offers_no_encryption_gets_nothing(office: PostOffice) -> None:
    letter = write(notice(), envelope())
    for scheme in ("smtp", "smtps"):  # STARTTLS is not offered; there is no TLS
        with pytest.raises(Unavailable):
            await Relay.of(office.url.replace("smtp+plain", scheme), FROM).send(letter, TO)
    with pytest.raises(Unavailable):
        await Relay.of("smtp+plain://127.0.0.1:1", FROM).send(letter, TO)
    assert office.letters == []


async def test_a_server_that_wants_a_password_gets_it(office: PostOffice) -> None:
    right, wrong = (office.url.replace("://", f"://us%40x:{word}@") for word in ("p%40ss", "guess"))
    await Relay.of(right, FROM).send(write(notice(), envelope()), TO)
    assert office.keys[-1] == (b"us@x", b"p@ss")
    assert "p@ss" not in repr(Relay.of(right, FROM)) + str(Relay.of(right, FROM))
    assert await Relay.of(right, FROM).reach() is None
    assert await Relay.of(wrong, FROM).reach() == "answered 535"
    with pytest.raises(Unavailable):
        await Relay.of(wrong, FROM).send(write(notice(), envelope()), TO)


def test_settings_say_where_mail_goes() -> None:
    assert relay_of(Settings()) is None
    there = relay_of(Settings(smtp_url="smtp://u:secret@mail.example", mail_from=FROM))
    assert str(there) == f"smtp://mail.example:587 as {FROM}"
    assert "secret" not in repr(Settings(smtp_url="smtp://u:secret@mail.example"))
    for url, sender in (("smtp://mail.example", ""), ("http://mail.example", FROM), ("smtp://", FROM)):
        with pytest.raises(ValueError, match=r"HOMEWARD_MAIL_FROM|one of smtp"):
            relay_of(Settings(smtp_url=url, mail_from=sender))


async def test_the_doctor_says_whether_mail_can_go(office: PostOffice) -> None:
    there = Settings(smtp_url=office.url, mail_from=FROM)
    assert await commands.mail_stands(there) == (True, f"{office.url} as {FROM}")
    away = Settings(smtp_url="smtp+plain://127.0.0.1:1", mail_from=FROM)
    assert await commands.mail_stands(away) == (False, f"smtp+plain://127.0.0.1:1 as {FROM}: SMTPConnectError")
    ok, says = await commands.mail_stands(Settings())
    assert ok
    assert says.startswith("off: set HOMEWARD_SMTP_URL")
    assert await commands.mail_stands(Settings(smtp_url=office.url)) == (
        False,
        "HOMEWARD_SMTP_URL needs HOMEWARD_MAIL_FROM",
    )


async def test_a_server_that_takes_its_time_at_each_word_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer comes in time, and all of them would outlast the lease."""
    monkeypatch.setattr(relay, "SECONDS", 0.4)
    over = asyncio.Event()

    async def dawdle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = b"220 mail.example\r\n"
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 0.15)
            writer.write(said)
            if not await reader.readline():
                break
            said = b"250 OK\r\n"
        writer.close()

    server = await asyncio.start_server(dawdle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(Unavailable, match="mail server: TimeoutError"):
        await Relay.of(f"smtp+plain://127.0.0.1:{port}", FROM).send(write(notice(), envelope()), TO)
    over.set()
    server.close()
    await server.wait_closed()
