"""What changed between two previews: their steps compared by fingerprints and order. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from preview_worker.contract import Aspect, Basis, Changes, Fingerprints, Report, StepChange, StepTiming
from preview_worker.render.protocol import Earlier


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The steps of one preview.

    Attributes:
        steps: In the order of the video, with their fingerprints.
        part: Whether the tutorial has further steps, of which nothing is known.
    """

    steps: Sequence[StepTiming]
    part: bool = False


def changes_since(earlier: Earlier, report: Report) -> Changes:
    """What a report's preview has that an earlier one hadn't, and the other way round."""
    steps = [StepTiming.model_validate(step) for step in earlier.steps]
    before, after = Compared(steps=steps, part=earlier.part), Compared(steps=report.steps, part=report.part)
    return changes_against(earlier.job_id, Basis(earlier.basis), before, after)


def changes_against(job_id: str, basis: Basis, before: Compared, after: Compared) -> Changes:
    """The difference of two previews, as the report tells it.

    Args:
        job_id: The earlier preview's job.
        basis: Why it is this one.
        before: The earlier preview.
        after: The later one.
    """
    return Changes(against=job_id, basis=basis, steps=(*_remaining(before, after), *_removed(before, after)))


def _remaining(before: Compared, after: Compared) -> Iterator[StepChange]:
    """What became of each step of the later preview: nothing is told of one that is as it was."""
    earlier = {step.id: step for step in before.steps}
    moved = moved_ids([step.id for step in before.steps], [step.id for step in after.steps])
    for step in after.steps:
        old = earlier.get(step.id)
        if old is None:
            if not before.part:
                yield StepChange(id=step.id, title=step.title, change="new", to_index=step.index)
            continue
        aspects, has_moved = differing(old.fingerprints, step.fingerprints), step.id in moved
        if aspects or has_moved:
            yield StepChange(
                id=step.id,
                title=step.title,
                change="changed" if aspects else "moved",
                aspects=aspects,
                moved=has_moved,
                from_index=old.index,
                to_index=step.index,
            )


def _removed(before: Compared, after: Compared) -> Iterator[StepChange]:
    if after.part:
        return
    kept = {step.id for step in after.steps}
    for step in before.steps:
        if step.id not in kept:
            yield StepChange(id=step.id, title=step.title, change="removed", from_index=step.index)


def differing(before: Fingerprints | None, after: Fingerprints | None) -> tuple[Aspect, ...]:
    """The aspects in which two steps differ; none where one of them has no fingerprints."""
    if before is None or after is None:
        return ()
    return tuple(aspect for aspect in Aspect if getattr(before, aspect.value) != getattr(after, aspect.value))


def moved_ids(before: Sequence[str], after: Sequence[str]) -> frozenset[str]:
    """Which of the common ids changed their place among the others: as few as explain the new order.

    What stays is a longest common subsequence. Ids are unique, so it is a longest rising run of the places that the
    later ids had before, found by patience sorting in O(n log n).

    Args:
        before: Unique ids in the earlier order.
        after: Unique ids in the later order.
    """
    places = {step_id: place for place, step_id in enumerate(before)}
    common = [step_id for step_id in after if step_id in places]
    ends: list[int] = []  # of the rising runs of length 1, 2, …: the least last place
    ended_by: list[int] = []  # and who has it, as an index into `common`
    previous: list[int | None] = []
    for index, step_id in enumerate(common):
        length = bisect_left(ends, places[step_id])
        previous.append(ended_by[length - 1] if length else None)
        ends[length : length + 1] = [places[step_id]]
        ended_by[length : length + 1] = [index]
    staying = set[str]()
    at = ended_by[-1] if ended_by else None
    while at is not None:
        staying.add(common[at])
        at = previous[at]
    return frozenset(common) - staying
