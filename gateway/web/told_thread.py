"""What our API answers of a return's thread."""

from datetime import datetime

from gateway.web.told import Told


class ThreadMessageTold(Told):
    """One message. `who`: exporter, platform or service. `answered_at` is when another side wrote after it, and is told only
    where an answer was wanted; `seconds_left` is until then, null where nothing is waited for."""

    id: str
    return_id: str
    who: str
    text: str
    posted_at: datetime
    answer_by: datetime | None
    answered_at: datetime | None
    seconds_left: int | None
