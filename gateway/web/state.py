"""What one serving process holds beside the open house: whether it is stopping, and which keys are being answered."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from aiohttp import web

from gateway.core import Gateway
from gateway.web.allowance import Allowance, Standing


@dataclass(slots=True)
class Doors:
    """`stopping` makes `/readyz` say no; `in_flight` are (exporter, Idempotency-Key) pairs under way here."""

    allowance: Allowance
    stopping: bool = False
    in_flight: set[tuple[str, str]] = field(default_factory=set)
    streams: Counter[str] = field(default_factory=Counter)
    """Live updates that a key listens to here."""
    unheard: set[asyncio.BaseProtocol] = field(default_factory=set)
    """New connections that have not brought a whole request head yet."""


GATEWAY: web.AppKey[Gateway] = web.AppKey("gateway", Gateway)
STANDING: web.RequestKey[Standing] = web.RequestKey("standing", Standing)
"""How the caller's key stands after this request."""
DOORS: web.AppKey[Doors] = web.AppKey("doors", Doors)
