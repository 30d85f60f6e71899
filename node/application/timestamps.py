"""Times as people and programs read them."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MILLISECONDS = 253_402_300_799_000


def time_text(milliseconds: int) -> str:
    """Milliseconds since 1970 as RFC 3339 in UTC; what lies beyond the year 9999 stops there."""
    moment = _EPOCH + timedelta(milliseconds=min(milliseconds, _LAST_MILLISECONDS))
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def parse_time(text: str) -> int | None:
    """RFC 3339, or a date (its end, UTC), as milliseconds since 1970; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) == len("2026-01-01"):
        moment += timedelta(days=1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int((moment - _EPOCH) / timedelta(milliseconds=1))
