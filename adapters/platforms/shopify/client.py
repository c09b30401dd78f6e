"""One shop on Shopify."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from adapters.platforms.shopify import (
    codes,
    mapping,
    mapping_disposing,
    mapping_queries,
    mapping_returns,
    mapping_subscriptions,
    mapping_telling,
    mapping_webhook,
)
from adapters.seam import Pace, Platform, PlatformProfile
from adapters.toolkit.auth import require_signature
from adapters.toolkit.http import Call, Reply
from schemas.errors import AdapterError
from schemas.messages import InboundMessage, Subscription, Trust
from schemas.returns import Decision, ListedReturns, PlatformEvent, ReturnAuthorization, TrackingNote

PAGES = 10
"""At most so many pages of lines, or of subscriptions, in one call."""


class ShopifyCredentials(BaseModel):
    """`client_secret` signs the webhooks; `former_secret` is the one being rotated out (both are in use for up to an
    hour). `location_id` is where accepted goods are restocked; without it an acceptance cannot be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shop: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$", max_length=253)
    """The shop's own domain at Shopify, `….myshopify.com`."""
    client_secret: SecretStr
    former_secret: SecretStr | None = None
    access_token: SecretStr
    api_version: str = Field(default="2026-01", pattern=r"^(20[0-9]{2}-[0-9]{2}|unstable)$")
    location_id: str | None = None


class Shopify(Platform):
    profile = PlatformProfile(
        id="shopify",
        name="Shopify",
        documentation="https://shopify.dev/docs/api/admin-graphql/2026-01/objects/Return",
        signature="X-Shopify-Hmac-Sha256: base64 of HMAC-SHA256 over the raw body, keyed with the app's client secret",
        secret_field="client_secret",
        reply_budget_ms=5000,
        topics=tuple(codes.TOPICS),
        credentials=ShopifyCredentials,
        pace=Pace(per_second=2, concurrency=4, source="our own caution; Shopify limits by query cost, not by calls"),
    )

    @property
    def credentials(self) -> ShopifyCredentials:
        return cast(ShopifyCredentials, self.account.credentials)

    @staticmethod
    def read_error(reply: Reply) -> AdapterError | None:
        return mapping.read_error(reply)

    def verify(self, message: InboundMessage) -> Trust:
        held = (self.credentials.client_secret, self.credentials.former_secret)
        secrets = [secret.get_secret_value() for secret in held if secret]
        require_signature(
            mapping_webhook.header(message, "hmac-sha256"), mapping_webhook.signatures(secrets, message.body)
        )
        return Trust.SIGNED

    def delivery_id(self, message: InboundMessage) -> str:
        return mapping_webhook.read_delivery_id(message)

    def read(self, message: InboundMessage) -> Sequence[PlatformEvent]:
        return mapping_webhook.read_webhook(message)

    async def fetch_return(self, rma_id: str) -> ReturnAuthorization:
        replies: list[Reply] = []
        after: str | None = None
        while len(replies) < PAGES and (after or not replies):
            asked = mapping_returns.build_return_query(rma_id, mapping_queries.RETURN_LINES, after)
            replies.append(await self._ask("fetch_return", mapping_queries.RETURN, asked))
            after = mapping_returns.read_lines_cursor(replies[-1])
        return mapping_returns.read_return(replies)

    async def list_returns(self, since: datetime, after: str | None) -> ListedReturns:
        """Returns of orders changed since then, the longest unchanged first."""
        asked = mapping_returns.build_changed_query(since.astimezone(UTC), mapping_queries.ORDERS, after)
        reply = await self._ask("list_returns", mapping_queries.CHANGED_RETURNS, asked)
        return mapping_returns.read_changed(reply)

    async def give_tracking(self, note: TrackingNote) -> None:
        asked = {"id": mapping.gid("Return", note.rma_id)}
        stands = await self._ask("read_deliveries", mapping_queries.DELIVERIES, asked)
        for delivery in mapping_telling.build_deliveries(stands, note):
            reply = await self._change("give_tracking", mapping_queries.CREATE_DELIVERY, delivery)
            mapping.read_payload(reply, "reverseDeliveryCreateWithShipping")

    async def give_decision(self, decision: Decision) -> None:
        if decision.kind in codes.ANSWERS:
            await self._answer(decision)
            return
        mapping_disposing.require_disposable(decision)
        stands = await self._ask("read_goods", mapping_queries.GOODS, {"id": mapping.gid("Return", decision.rma_id)})
        if goods := mapping_disposing.build_dispositions(stands, decision, self.credentials.location_id):
            reply = await self._change("give_decision", mapping_queries.DISPOSE, {"goods": goods})
            mapping.read_payload(reply, "reverseFulfillmentOrderDispose")

    async def _answer(self, decision: Decision) -> None:
        mutation = codes.ANSWERS[decision.kind]
        stands = await self._ask("read_status", mapping_queries.STATUS, {"id": mapping.gid("Return", decision.rma_id)})
        if answer := mapping_telling.build_answer(stands, decision):
            mapping.read_payload(
                await self._change("give_decision", mapping_queries.ANSWERS[mutation], answer), mutation
            )

    async def subscriptions(self) -> Sequence[Subscription]:
        found: list[Subscription] = []
        after: str | None = None
        for page in range(PAGES):
            if page and not after:
                break
            reply = await self._ask("subscriptions", mapping_queries.SUBSCRIPTIONS, {"after": after})
            some, after = mapping_subscriptions.read_subscriptions(reply, self.profile.topics)
            found += some
        return found

    async def subscribe(self, wanted: Subscription) -> None:
        asked = mapping_subscriptions.build_subscription(wanted)
        mapping_subscriptions.read_subscribed(await self._change("subscribe", mapping_queries.SUBSCRIBE, asked))

    async def _ask(self, name: str, query: str, variables: mapping.Node) -> Reply:
        return await self.http.send(
            Call.read(name, "POST", self._address, json=self._body(query, variables), headers=self._headers)
        )

    async def _change(self, name: str, query: str, variables: mapping.Node) -> Reply:
        return await self.http.send(
            Call.create(name, "POST", self._address, json=self._body(query, variables), headers=self._headers)
        )

    @property
    def _address(self) -> str:
        base = self.account.base_url or f"https://{self.credentials.shop}"
        return f"{base.rstrip('/')}/admin/api/{self.credentials.api_version}/graphql.json"

    @property
    def _headers(self) -> dict[str, str]:
        return {"X-Shopify-Access-Token": self.credentials.access_token.get_secret_value()}

    @staticmethod
    def _body(query: str, variables: mapping.Node) -> dict[str, object]:
        return {"query": " ".join(query.split()), "variables": variables}
