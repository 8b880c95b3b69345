"""How many examples the property tests try: ``ci`` few and always the same, ``fuzz`` many and new.

HYPOTHESIS_PROFILE chooses; ``make fuzz`` sets it.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_CHECKS = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)


def load() -> None:
    """Register both and take the one that is chosen."""
    settings.register_profile(
        "ci", max_examples=60, deadline=None, derandomize=True, database=None,
        suppress_health_check=_CHECKS,
    )  # fmt: skip
    settings.register_profile(
        "fuzz", max_examples=5000, deadline=None, database=None, suppress_health_check=_CHECKS,
    )  # fmt: skip
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
