"""Order of waiting jobs: three bands, and inside a band start-time fair queueing between projects.

BullMQ orders by an integer priority (1 first, 2,097,152 last) and, within it, by arrival. Our priority is the start of
the job's band plus a tag. A job's tag is its *start tag* in the sense of start-time fair queueing (Goyal, Vin, Cheng
1996) for jobs of equal cost: ``max(now, last + 1)``, where ``now`` is the largest tag started so far and ``last`` the
tag of the project's job before it. So a project that queues fifty jobs counts upwards from where it stands, a project
that comes new starts at ``now``, before every waiting job of a busy project, and nobody starves because ``now`` only
grows. The tags restart when nothing waits.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

MAXIMUM_PRIORITY: Final = 2_097_152
"""BullMQ's lowest priority: the score priority × 2^32 + counter must stay below 2^53."""

MAXIMUM_TAG: Final = 697_153
"""Tags per band, set by the low band's room: 2,097,152 - 1,399,999. Past it a band is first come, first served."""

PRIORITY_SCORE_SHIFT: Final = 4_294_967_296
"""BullMQ's score of a prioritised job is its priority times this, plus an arrival counter."""


class Band(StrEnum):
    """The three priorities a submitter can ask for."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


BAND_BASES: Final[dict[Band, int]] = {Band.HIGH: 0, Band.NORMAL: 699_999, Band.LOW: 1_399_999}
"""Tag 1 of each band is priority 1; 700,000; 1,400,000. Foreign producers' 1, 5 and 10 lie at the start of `high`."""


def start_tag(*, started_tag: int, project_tag: int) -> int:
    """Give the next job of a project its tag within the band.

    Args:
        started_tag: Largest tag of this band that was started; 0 if none.
        project_tag: Tag of the project's last job in this band; 0 if none.

    Returns:
        1 to MAXIMUM_TAG.
    """
    return min(max(started_tag, project_tag + 1), MAXIMUM_TAG)


def priority_of(band: Band, tag: int) -> int:
    """Return the BullMQ priority of a tag (1 to MAXIMUM_TAG) in a band."""
    return BAND_BASES[band] + tag


def band_of(priority: int) -> Band:
    """Return the band a BullMQ priority lies in; a foreign job without priority (0) runs first, so it is `high`."""
    if priority > BAND_BASES[Band.LOW]:
        return Band.LOW
    return Band.NORMAL if priority > BAND_BASES[Band.NORMAL] else Band.HIGH
