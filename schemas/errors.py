"""What can go wrong at the edge, sorted by what happens next.

For a creating call `NothingHappened` is a closed list: only what is *positively* known not to have been created belongs
there. Whatever else comes back is `OutcomeUnknown` or worse, and only a look-up can tell (fault-matrix rule 3).
"""

from datetime import datetime
from enum import StrEnum


class NextStep(StrEnum):
    CORRECT = "correct"
    LATER = "later"
    OPERATOR = "operator"
    LOOK_UP = "look_up"
    DROP = "drop"


class RefusalCode(StrEnum):
    """Why the other side said no, in one vocabulary. Sentences for people are looked up from it."""

    ADDRESS_NOT_SERVICED = "address_not_serviced"
    ADDRESS_INVALID = "address_invalid"
    GOODS_NOT_CARRIED = "goods_not_carried"
    CUSTOMS_DATA_MISSING = "customs_data_missing"
    DATA_INVALID = "data_invalid"
    DATA_MISSING = "data_missing"
    WEIGHT_EXCEEDED = "weight_exceeded"
    SIZE_EXCEEDED = "size_exceeded"
    VALUE_EXCEEDED = "value_exceeded"
    SERVICE_UNAVAILABLE = "service_unavailable"
    REFERENCE_IN_USE = "reference_in_use"
    WINDOW_CLOSED = "window_closed"
    DATE_INVALID = "date_invalid"
    ACCOUNT_INVALID = "account_invalid"
    ALREADY_VOIDED = "already_voided"
    ALREADY_USED = "already_used"
    NOT_FOUND = "not_found"
    CHARSET = "charset"
    UNSUPPORTED = "unsupported"
    OTHER = "other"


class AdapterError(Exception):
    """Base of everything an adapter may raise. Texts carry no address, name or credential."""

    next_step = NextStep.OPERATOR

    def __init__(self, message: str = "", *, wire_code: str | None = None, wire_text: str | None = None) -> None:
        super().__init__(message or wire_text or type(self).__name__)
        self.wire_code = wire_code
        self.wire_text = wire_text


class NothingHappened(AdapterError):
    """Positively known: nothing was created."""


class Refused(NothingHappened):
    """It understood, and said no."""

    next_step = NextStep.CORRECT

    def __init__(
        self,
        message: str = "",
        *,
        code: RefusalCode = RefusalCode.OTHER,
        wire_code: str | None = None,
        wire_text: str | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message, wire_code=wire_code, wire_text=wire_text)
        self.code = code
        self.field = field


class Unsupported(Refused):
    """It cannot even be said to this one."""

    def __init__(self, message: str = "", *, field: str | None = None) -> None:
        super().__init__(message, code=RefusalCode.UNSUPPORTED, field=field)


class Unavailable(NothingHappened):
    """Not reached, or turned away before reading."""

    next_step = NextStep.LATER


class Throttled(Unavailable):
    """It named a pace. `retry_after` is seconds, `retry_at` an instant; at most one is set."""

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float | None = None,
        retry_at: datetime | None = None,
        wire_code: str | None = None,
        wire_text: str | None = None,
    ) -> None:
        super().__init__(message, wire_code=wire_code, wire_text=wire_text)
        self.retry_after = retry_after
        self.retry_at = retry_at


class CredentialsRejected(NothingHappened):
    """This account is shut."""

    next_step = NextStep.OPERATOR


class CredentialsStale(CredentialsRejected):
    """A 401 on a cached token: the token was dropped, the same job goes again at once, once."""

    next_step = NextStep.LATER


class OutcomeUnknown(AdapterError):
    """Sent; no trustworthy answer. Where one came that named a time to stay away, `retry_after` is seconds or `retry_at` an
    instant: that is the lane's to heed, and says nothing of the outcome."""

    next_step = NextStep.LOOK_UP
    retry_after: float | None = None
    retry_at: datetime | None = None


class Unintelligible(AdapterError):
    """It answered in a way we do not know. After a create this is a look-up, after a read a task for the keeper."""

    next_step = NextStep.OPERATOR


class SignatureRejected(AdapterError):
    """Someone knocked who is not who they say. The reason is for our log only."""

    next_step = NextStep.DROP


class GatewayError(Exception):
    """Our own doors; no adapter involved."""


class NotFound(GatewayError):
    """No such thing for this exporter."""


class Conflict(GatewayError):
    """Not allowed in this state, or a key reused for something else."""

    def __init__(self, message: str, *, state: str | None = None) -> None:
        super().__init__(message)
        self.state = state
