"""Times as documents name them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(seconds: float) -> str:
    """ISO 8601, UTC, to the second."""
    try:
        moment = datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, ValueError, OSError):  # a time that no calendar has
        moment = datetime.fromtimestamp(0, UTC)
    return moment.isoformat()
