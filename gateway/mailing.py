"""Notices by mail: to an exporter's own address, an endpoint that begins with `mailto:`, and of a thread to the contact of a
shop whose platform takes no messages. The same rows, tries and dead letters as for webhooks.
"""

from gateway.core import Gateway
from gateway.letters.letter import Envelope, Notice, write
from gateway.letters.relay import Relay
from gateway.store.store import Desk
from gateway.store.transaction import Record
from schemas.errors import Unavailable
from schemas.messages import NoticeKind

SCHEME = "mailto:"


def mailbox_of(url: str) -> str | None:
    """The mail address that an endpoint is; None where it is a webhook."""
    return url.removeprefix(SCHEME) if url.startswith(SCHEME) else None


async def mail_endpoint(gw: Gateway, delivery: Record, notice: Record, mailbox: str) -> None:
    """To somebody of the exporter's, who has the console."""
    relay = require_relay(gw)
    async with gw.store.reading(notice.exporter_id) as tx:
        exporter, told = await tx.exporters.get(notice.exporter_id), await _told(tx, delivery, notice)
    see = f"{gw.settings.address}/console/returns/{notice.return_id}" if notice.return_id else None
    await relay.send(write(told, _envelope(relay, exporter, mailbox, see=see)), mailbox)


async def mail_contact(gw: Gateway, delivery: Record, notice: Record, mailbox: str) -> None:
    """To somebody of the platform's, whose answers go to the exporter's own mailbox where he has one for messages."""
    relay = require_relay(gw)
    async with gw.store.reading(notice.exporter_id) as tx:
        exporter, told = await tx.exporters.get(notice.exporter_id), await _told(tx, delivery, notice)
        reply_to = await _own_mailbox(tx)
    await relay.send(write(told, _envelope(relay, exporter, mailbox, reply_to=reply_to)), mailbox)


def require_relay(gw: Gateway) -> Relay:
    if gw.relay is None:
        raise Unavailable("mail is off: HOMEWARD_SMTP_URL is not set")
    return gw.relay


def _envelope(
    relay: Relay, exporter: Record, mailbox: str, *, see: str | None = None, reply_to: str | None = None
) -> Envelope:
    return Envelope(
        sender=relay.sender,
        recipient=mailbox,
        exporter=exporter.name,
        language=exporter.language,
        zone=exporter.zone,
        reply_to=reply_to,
        see=see,
    )


async def _told(tx: Desk, delivery: Record, notice: Record) -> Notice:
    row = await tx.returns.find(notice.return_id) if notice.return_id else None
    return Notice(
        delivery_id=delivery.id,
        kind=NoticeKind(notice.kind),
        occurred_at=notice.occurred_at,
        body=notice.body,
        return_id=notice.return_id,
        number=(row.authorization.rma_number or row.rma_id) if row else None,
    )


async def _own_mailbox(tx: Desk) -> str | None:
    listening = await tx.endpoints.those("created_at", enabled=True)
    hears = (one for one in listening if not one.kinds or NoticeKind.MESSAGE_POSTED in one.kinds)
    return next((found for one in hears if (found := mailbox_of(one.url))), None)
