"""Listens and talks to the sandbox platform, or to any shop that keeps the generic contract."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, SecretStr

from adapters.platforms.sandbox import mapping, mapping_applying, mapping_subscriptions
from adapters.seam import Platform, PlatformAccount, PlatformProfile, credentials_of
from adapters.toolkit.auth import require_standard_webhook
from adapters.toolkit.http import Call, Http, Reply
from schemas.applying import ApplicationReceipt, ApplicationRequest
from schemas.errors import AdapterError
from schemas.messages import InboundMessage, Subscription, Trust
from schemas.returns import Decision, ListedReturns, PlatformEvent, ReturnAuthorization, TrackingNote
from schemas.thread import MessageNote


class Credentials(BaseModel):
    """The webhook secrets, the current one and while it is being replaced the next, and the key of the shop's API."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    webhook_secret: SecretStr
    next_secret: SecretStr | None = None
    api_key: SecretStr = SecretStr("")


class SandboxPlatform(Platform):
    profile: ClassVar[PlatformProfile] = PlatformProfile(
        id="sandbox",
        name="Sandbox platform",
        documentation="gateway/sandbox/platform.py",
        signature="Standard Webhooks 1.0: webhook-id, webhook-timestamp, webhook-signature",
        secret_field="webhook_secret",
        topics=("return.changed",),
        credentials=Credentials,
    )

    def __init__(self, account: PlatformAccount, http: Http) -> None:
        super().__init__(account, http)
        self.credentials = credentials_of(account, Credentials)
        self.base = (account.base_url or f"http://127.0.0.1:8090/platform/{account.id}").rstrip("/")

    @staticmethod
    def read_error(reply: Reply) -> AdapterError | None:
        return mapping_applying.read_refusal(reply)

    def verify(self, message: InboundMessage) -> Trust:
        """Standard Webhooks, by the current secret or the next one."""
        both = (self.credentials.webhook_secret, self.credentials.next_secret)
        secrets = [secret.get_secret_value() for secret in both if secret]
        require_standard_webhook(secrets, message.headers, message.body, message.received_at.timestamp())
        return Trust.SIGNED

    def delivery_id(self, message: InboundMessage) -> str:
        return message.header("webhook-id") or message.sha256

    def read(self, message: InboundMessage) -> Sequence[PlatformEvent]:
        return mapping.read_message(message.body)

    async def list_returns(self, since: datetime, after: str | None) -> ListedReturns:
        offset = int(after or 0)
        params = {"since": since.isoformat(), "offset": str(offset)}
        call = Call.read("list", "GET", f"{self.base}/returns", params=params, headers=self._key())
        return mapping.read_page(await self.http.send(call), offset)

    async def fetch_return(self, rma_id: str) -> ReturnAuthorization:
        url = f"{self.base}/returns/{mapping.in_path(rma_id)}"
        return mapping.read_return(await self.http.send(Call.read("ask_back", "GET", url, headers=self._key())))

    async def subscriptions(self) -> Sequence[Subscription]:
        call = Call.read("subscriptions", "GET", f"{self.base}/subscriptions", headers=self._key())
        return mapping_subscriptions.read_subscriptions(await self.http.send(call))

    async def subscribe(self, wanted: Subscription) -> None:
        body, url = wanted.model_dump(mode="json"), f"{self.base}/subscriptions"
        await self.http.send(Call.read("subscribe", "PUT", url, json=body, headers=self._key()))

    # A PUT may be repeated, so these are reads to the sender: a lost reply is tried again, nothing is looked up.
    async def give_tracking(self, note: TrackingNote) -> None:
        url = f"{self.base}/returns/{mapping.in_path(note.rma_id)}/tracking"
        await self.http.send(Call.read("tracking", "PUT", url, json=mapping.build_tracking(note), headers=self._key()))

    async def give_decision(self, decision: Decision) -> None:
        url, body = f"{self.base}/returns/{mapping.in_path(decision.rma_id)}/decision", mapping.build_decision(decision)
        await self.http.send(Call.read("decision", "PUT", url, json=body, headers=self._key()))

    async def give_message(self, note: MessageNote) -> None:
        thread = f"{self.base}/returns/{mapping.in_path(note.rma_id)}/messages"
        url, body = f"{thread}/{mapping.in_path(note.message_id)}", mapping.build_message(note)
        await self.http.send(Call.read("message", "PUT", url, json=body, headers=self._key()))

    async def give_application(self, request: ApplicationRequest) -> ApplicationReceipt:
        url = f"{self.base}/applications/{mapping.in_path(request.client_ref)}"
        call = Call.create(
            "application", "PUT", url, json=mapping_applying.build_application(request), headers=self._key()
        )
        return mapping_applying.read_receipt(await self.http.send(call))

    def _key(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.credentials.api_key.get_secret_value()}"}
