"""The books as they stand: every transfer, as CSV or Parquet. A reversal is a transfer like any other."""

import tempfile
from datetime import UTC, date, datetime, time
from pathlib import Path

from gateway.journeys.exporting import END, write_ledger
from gateway.store.types import EPOCH
from gateway.web.endpoint import Answer, Call, Parameter
from gateway.web.problems import FieldError, Problem

TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
DAY = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}"
EXPORTED = (
    Parameter("as", "csv|parquet", "csv or parquet; CSV if you say nothing"),
    Parameter("from", DAY, "posted from this day on (UTC)"),
    Parameter("before", DAY, "posted before this day (UTC)"),
)


async def get_ledger(call: Call) -> Answer:
    """Written to a file first, which is gone when it is sent: a ledger may be longer than memory."""
    form = call.query.get("as", "csv")
    since, before = _day(call, "from", EPOCH), _day(call, "before", END)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"ledger.{form}"
        await write_ledger(call.gw, call.caller.exporter_id, file, form, since=since, before=before)
        opened = file.open("rb")
    headers = {"Content-Type": TYPES[form], "Content-Disposition": f'attachment; filename="{file.name}"'}
    return Answer(file=opened, headers=headers)


def _day(call: Call, name: str, unsaid: datetime) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(call.query[name]), time(), UTC) if name in call.query else unsaid
    except ValueError as error:  # of the form, but no such day
        raise Problem("invalid-parameter", errors=[FieldError(name, "format")]) from error
