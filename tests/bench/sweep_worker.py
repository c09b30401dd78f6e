"""`homeward work` at the sweep bench's pace: `python -m tests.bench.sweep_worker PER_SECOND CONCURRENCY`.

The sandbox's own adapter, but that it asks about one waybill a call, as fast and as many at once as the bench says.
"""

import sys

from adapters import registry
from adapters.seam import Pace
from gateway import commands
from gateway.cli_settings import set_up_logging
from gateway.config import Settings
from gateway.running import run

if __name__ == "__main__":
    carrier = registry.carrier("sandbox_rest")
    pace = Pace(per_second=float(sys.argv[1]), concurrency=int(sys.argv[2]), source="the bench")
    carrier.profile = carrier.profile.model_copy(update={"pace": pace, "tracking_batch": 1})
    set_up_logging("warning")
    run(commands.serve_work(Settings()))
