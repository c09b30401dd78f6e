"""What an exporter agreed about time at one designated channel, beyond the acceptance itself."""

from schemas.acceptance import DeadlinePolicy, Facility, WorkingHours
from schemas.values import Model


class ChannelLimits(Model):
    """Policies go before the carrier's own; `facility` is the days of the place that takes the goods; `working_hours` are
    when somebody reads a warning."""

    policies: tuple[DeadlinePolicy, ...] = ()
    facility: Facility | None = None
    working_hours: WorkingHours | None = None
