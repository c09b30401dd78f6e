"""A real mail server on loopback, that takes letters or refuses them on order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult


@dataclass
class PostOffice:
    """`refusals` are said to whoever a letter is for, `at_the_end` to the letter itself; both one after another."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    at_the_end: list[str] = field(default_factory=list)
    keys: list[tuple[bytes, bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp+plain://127.0.0.1:{self.port}"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.at_the_end:
            return self.at_the_end.pop(0)
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"

    def admit(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.keys.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss", handled=False)


@asynccontextmanager
async def post_office(loop: Any, **told: Any) -> AsyncIterator[PostOffice]:
    office = PostOffice()

    def protocol() -> SMTP:
        admits = {"authenticator": office.admit, "auth_require_tls": False, **told}
        return SMTP(office, hostname="mail.example", loop=loop, enable_SMTPUTF8=False, **admits)

    server = await loop.create_server(protocol, "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await server.wait_closed()
