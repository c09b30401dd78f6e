from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from adapters.platforms.ebay import mapping, mapping_hint, mapping_returns, mapping_telling
from adapters.seam import Pace, Platform, PlatformAccount, PlatformProfile, credentials_of
from adapters.toolkit.auth import Token, basic
from adapters.toolkit.http import Call, Http, Reply
from schemas.errors import AdapterError
from schemas.messages import InboundMessage, Trust
from schemas.returns import Decision, ListedReturns, PlatformEvent, ReturnAuthorization, TrackingNote
from schemas.thread import MessageNote

PAGE = 25
"""So many returns in a page of a search."""


class Credentials(BaseModel):
    """The application's keys, and the refresh token that the seller's consent gave it. `marketplace_id` is the site."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = Field(min_length=1, max_length=200)
    client_secret: SecretStr
    refresh_token: SecretStr
    marketplace_id: str = Field(default="EBAY_US", pattern=r"^EBAY_[A-Z]{2,12}$")


class Ebay(Platform):
    profile: ClassVar[PlatformProfile] = PlatformProfile(
        id="ebay",
        name="eBay",
        documentation="https://developer.ebay.com/devzone/post-order/index.html",
        signature="not signed: a Platform Notification is a hint, and the return is asked for",
        secret_field="refresh_token",
        credentials=Credentials,
        pace=Pace(
            per_second=2, concurrency=2, source="our own caution; eBay counts the calls of a day per application"
        ),
    )

    def __init__(self, account: PlatformAccount, http: Http) -> None:
        super().__init__(account, http)
        self.credentials = credentials_of(account, Credentials)
        self.host = (account.base_url or "https://api.ebay.com").rstrip("/")
        self.base = f"{self.host}/post-order/v2/return"

    @staticmethod
    def read_error(reply: Reply) -> AdapterError | None:
        return mapping.read_error(reply)

    def verify(self, message: InboundMessage) -> Trust:
        return Trust.HINT

    def delivery_id(self, message: InboundMessage) -> str:
        return message.sha256

    def read(self, message: InboundMessage) -> Sequence[PlatformEvent]:
        return [mapping_hint.read_hint(message.body)]

    async def list_returns(self, since: datetime, after: str | None) -> ListedReturns:
        """Those that were requested since then, afterwards those that wait for the seller."""
        search, offset = mapping_returns.read_place(after)
        wanted = mapping_returns.build_search(search, since.astimezone(UTC), offset, PAGE)
        reply = await self._send(Call.read("search", "GET", f"{self.base}/search", params=wanted))
        return mapping_returns.read_found(reply, search, offset, PAGE)

    async def fetch_return(self, rma_id: str) -> ReturnAuthorization:
        return mapping_returns.read_return(await self._stands(rma_id))

    async def give_tracking(self, note: TrackingNote) -> None:
        await self._tell(
            "give_tracking", note.rma_id, mapping_telling.build_tracking(await self._stands(note.rma_id), note)
        )

    async def give_decision(self, decision: Decision) -> None:
        mapping_telling.require_told(decision)
        stands = await self._stands(decision.rma_id)
        await self._tell("give_decision", decision.rma_id, mapping_telling.build_decision(stands, decision))

    async def give_message(self, note: MessageNote) -> None:
        mapping_telling.require_exporter(note)
        await self._tell(
            "give_message", note.rma_id, mapping_telling.build_message(await self._stands(note.rma_id), note)
        )

    async def _stands(self, rma_id: str) -> Reply:
        url, params = f"{self.base}/{quote(rma_id, safe='')}", {"fieldgroups": "FULL"}
        return await self._send(Call.read("fetch_return", "GET", url, params=params))

    async def _tell(self, name: str, rma_id: str, telling: mapping_telling.Telling) -> None:
        if telling is not None:
            method, step, body = telling
            await self._send(Call.create(name, method, f"{self.base}/{quote(rma_id, safe='')}/{step}", json=body))

    async def _send(self, call: Call) -> Reply:
        token = await self.http.tokens.get(self._new_token)
        headers = {"Authorization": f"IAF {token}", "X-EBAY-C-MARKETPLACE-ID": self.credentials.marketplace_id}
        return await self.http.send(replace(call, headers={**call.headers, **headers}))

    async def _new_token(self) -> Token:
        ours = self.credentials
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            **basic(ours.client_id, ours.client_secret.get_secret_value()),
        }
        form = mapping.build_token_request(ours.refresh_token.get_secret_value())
        asked_at = self.http.monotonic()
        url = f"{self.host}/identity/v1/oauth2/token"
        return mapping.read_token(
            await self.http.send(Call.read("token", "POST", url, content=form, headers=headers)), asked_at
        )
