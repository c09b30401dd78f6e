"""What the generic contract's subscriptions say. Pure."""

from adapters.toolkit.http import Reply
from schemas.errors import Unintelligible
from schemas.messages import Subscription
from schemas.values import tidy


def read_subscriptions(reply: Reply) -> tuple[Subscription, ...]:
    """Those that name a topic and an address; others are passed over."""
    body = reply.json()
    if not isinstance(body, dict) or not isinstance(body.get("subscriptions"), list):
        raise Unintelligible("no subscriptions in the reply")
    named = [(one.get("topic"), one.get("url")) for one in body["subscriptions"] if isinstance(one, dict)]
    return tuple(
        Subscription(topic=tidy(topic, 100), url=tidy(url, 2000))
        for topic, url in named
        if isinstance(topic, str) and tidy(topic, 100) and isinstance(url, str)
    )
