"""How long BullMQ keeps finished jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class KeptJobs:
    """Finished jobs are kept up to an age in seconds and a count; field names are BullMQ's."""

    age: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRules:
    """What the service keeps unless a job's producer said otherwise: an hour of successes, a day of failures."""

    completed: KeptJobs = field(default_factory=lambda: KeptJobs(age=3_600, count=100))
    failed: KeptJobs = field(default_factory=lambda: KeptJobs(age=86_400, count=100))

    def for_completed(self, options: Mapping[str, Any]) -> Any:
        """Return the removeOnComplete rule of a job with these options."""
        return _rule(options.get("removeOnComplete"), self.completed)

    def for_failed(self, options: Mapping[str, Any]) -> Any:
        """Return the removeOnFail rule of a job with these options."""
        return _rule(options.get("removeOnFail"), self.failed)


def _rule(asked: Any, default: KeptJobs) -> Any:
    """Take a foreign rule only in a shape BullMQ's script understands: an error there would keep the job for ever."""
    if isinstance(asked, bool) or _storable(asked):
        return asked
    if (
        isinstance(asked, dict)
        and asked
        and all(name in ("age", "count", "limit") and _storable(value) for name, value in asked.items())
    ):
        return asked
    return asdict(default)


def _storable(value: Any) -> bool:
    """Whether a value is a whole number that Lua holds exactly; MessagePack refuses those of more than 64 bits."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 53
