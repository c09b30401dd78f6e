"""What callers say of an account with a carrier, and of what its contract allows."""

from typing import Annotated

from pydantic import Field

from gateway.web.asked import Credentials, Zone
from schemas.values import Model, ShortText, Text


class AskedPace(Model):
    """What your contract with the carrier says of calls; what is left out is as the carrier's profile has it."""

    per_second: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] | None = None
    concurrency: Annotated[int, Field(ge=1, le=1000)] | None = None
    daily: Annotated[int, Field(ge=1, le=100_000_000)] | None = None


class AskedAccount(Model):
    """Accounts under one contract name the same `lane`: they share its pace and its quota of a day."""

    carrier: ShortText
    name: ShortText
    credentials: Credentials
    number: ShortText | None = None
    base_url: Text | None = None
    zone: Zone = "UTC"
    lane: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")] | None = None
    pace: AskedPace | None = None
    hook_secret: ShortText | None = None
