"""The mail server that takes our letters: one connection a letter, encrypted unless the operator says otherwise.

A recipient that it refuses for good is refused. Anything else comes again by the schedule: a letter whose last answer was
lost may then arrive twice, under one Message-ID.
"""

import asyncio
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Self
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPRecipientsRefused, SMTPResponseException

from schemas.errors import RefusalCode, Refused, Unavailable

PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
"""STARTTLS that is insisted on; TLS from the start; and none, for a relay on the same machine."""
SECONDS = 45.0
"""For all of it, connecting included: well within the lease of the delivery, or another would send it too."""


@dataclass(frozen=True, slots=True)
class Relay:
    scheme: str
    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, url: str, sender: str) -> Self:
        """Raises ValueError for what is no such address; its text holds nothing of it."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"the mail server is given as one of {', '.join(PORTS)}, ://user:password@host:port")
        user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
        return cls(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme], sender, user, password)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port} as {self.sender}"

    async def send(self, letter: EmailMessage, recipient: str) -> None:
        """Raises Refused where the recipient is refused for good, Unavailable for everything else."""
        try:
            async with asyncio.timeout(SECONDS), self._connected() as server:
                await server.send_message(letter, sender=self.sender, recipients=[recipient])
        except SMTPRecipientsRefused as error:
            code = error.recipients[0].code if error.recipients else 0
            if code >= 500:
                raise Refused("no such mailbox", code=RefusalCode.NOT_FOUND, wire_code=str(code)) from None
            raise Unavailable("the mailbox is not taken now", wire_code=str(code)) from None
        except SMTPResponseException as error:  # its text may name people
            raise Unavailable(f"the mail server answered {error.code}", wire_code=str(error.code)) from None
        except (SMTPException, OSError, ValueError) as error:
            raise Unavailable(f"the mail server: {type(error).__name__}") from None

    async def reach(self) -> str | None:
        """Why it takes nothing from us, or None."""
        try:
            async with asyncio.timeout(SECONDS), self._connected() as server:
                await server.noop()
        except SMTPResponseException as error:
            return f"answered {error.code}"
        except (SMTPException, OSError, ValueError) as error:
            return type(error).__name__
        return None

    def _connected(self) -> SMTP:
        return SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            use_tls=self.scheme == "smtps",
            start_tls=self.scheme == "smtp",
            local_hostname=self.sender.rpartition("@")[2],
            timeout=SECONDS,
        )
