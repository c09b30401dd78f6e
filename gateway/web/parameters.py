"""Query parameters of the API's routes."""

from collections.abc import Sequence

from gateway.web.endpoint import Parameter
from schemas.acceptance import DeadlineState
from schemas.returns import ReturnStatus
from schemas.terms import ApplicationState

PAGED = (
    Parameter("limit", r"-?[0-9A-Za-z]{1,20}", "1 to 200, 50 if you say nothing"),
    Parameter("cursor", r"[A-Za-z0-9_=-]{1,1000}", "`next` of the page before"),
)
INSTANT = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"


def _choice(name: str, values: Sequence[str]) -> Parameter:
    return Parameter(name, "|".join(values), f"one of {', '.join(values)}")


STATUS = _choice("status", [status.value for status in ReturnStatus])
DUE = (
    _choice("state", [state.value for state in DeadlineState]),
    Parameter("due_before", INSTANT, "an instant by RFC 3339"),
)
FORMAT = Parameter("format", r"[a-z0-9_]{1,40}", "a reader's id; without it the file is recognised")
PROFILE = Parameter(
    "profile", r".{1,6000}", "a mapping profile: the name of a shipped one, or its text as one line of JSON"
)
STATED_AS = (
    Parameter(
        "as", "json|csv|xlsx|parquet|beancount", "json, csv, xlsx, parquet or beancount; JSON if you say nothing"
    ),
    Parameter("currency", "[A-Z]{3}", "what each bill comes to in this currency too, by the operator's rates"),
)
OF_RETURN = Parameter("return_id", r"ret_[0-9a-z]{26}|ext:.{1,100}", "the return it belongs to")
VERSION = Parameter("version", r"[1-9][0-9]{0,5}", "of the acceptance; the last one if you say nothing")
SPOKEN = _choice("lang", ["en", "zh"])
SEARCH = Parameter(
    "q",
    r".{1,4000}",
    "any number: RMA, order, waybill, reference, id, e-mail, postcode, phone (its last seven digits are compared)",
)
DELIVERY_STATE = _choice("state", ["waiting", "delivered", "dead"])
MESSAGE_STATE = _choice("state", ["received", "processed", "ignored", "quarantined"])
APPLICATION_STATE = _choice("state", [state.value for state in ApplicationState])
TASK_STATE = _choice("state", ["open", "done"])
