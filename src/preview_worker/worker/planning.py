"""Planning in the worker itself, where every asset's facts are known; what a render process is told of a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from preview_worker.assets.library import AbsentAsset
from preview_worker.contract import Estimate, Report
from preview_worker.contract.editions import length_errors_of
from preview_worker.errors import TransientError
from preview_worker.render.changes import changes_since
from preview_worker.render.encoding import EncodingProfile, encoding_profile, font_hashes
from preview_worker.render.facts import known_facts
from preview_worker.render.protocol import Work
from preview_worker.render.report import JobNames, Outcome, build_report
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.segments import SegmentCache
from preview_worker.timeline.build import build_timeline
from preview_worker.timeline.estimate import Cost, cost_of
from preview_worker.timeline.model import AssetFacts, MissingFacts, Timeline
from preview_worker.worker.comparison import Comparison
from preview_worker.worker.inputs import Inputs
from preview_worker.worker.intake import Intake
from preview_worker.worker.rendering import Produced


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A planned job with its facts, its encoding and what it will cost."""

    facts: dict[str, AssetFacts]
    profile: EncodingProfile
    timeline: Timeline

    @property
    def cost(self) -> Cost:
        """What rendering all of it costs."""
        return cost_of(self.timeline)

    def report(self, intake: Intake, segments: SegmentCache, comparison: Comparison) -> Report:
        """The report of a dry run: the plan, what is cached of it, what changed, what a render would cost; blocking."""
        cached = segments.known(segment.key for segment in self.timeline.segments)
        report = build_report(
            "plan",
            names_of(intake),
            intake.job.preview_request,
            self.facts,
            self.timeline,
            self.profile,
            Outcome(cached_keys=cached),
        )
        cost = cost_of(self.timeline, cached=cached)
        estimate = Estimate(
            p50_render_ms=cost.p50_render_ms,
            p90_render_ms=cost.p90_render_ms,
            p50_size_bytes=cost.p50_bytes,
            p90_size_bytes=cost.p90_bytes,
        )
        changes = changes_since(comparison.earlier, report) if comparison.earlier is not None else None
        return comparison.warned(report.model_copy(update={"estimate": estimate, "changes": changes}))


class Planner:
    """Plans jobs.

    Args:
        facts: Measured facts of media.
        max_duration_ms: The longest video allowed.
        fonts_dir: The user's own fonts.
    """

    def __init__(self, *, facts: FactsCache, max_duration_ms: int, fonts_dir: Path | None) -> None:
        self._facts = facts
        self._max_duration_ms = max_duration_ms
        self._fonts_dir = fonts_dir

    def plan(self, intake: Intake) -> Plan | None:
        """Plan an edition, or None where an asset has to be measured first; blocking.

        Raises:
            TooLongError: The tutorial is longer than allowed (permanent).
        """
        facts = self._facts_of(intake)
        if facts is None:
            return None
        profile = encoding_profile(intake.job.preview_request, font_hashes(self._fonts_dir))
        request = intake.job.preview_request
        with length_errors_of(intake.number, request.language):
            timeline = build_timeline(request, facts, encoding=profile.identity, max_duration_ms=self._max_duration_ms)
        return Plan(facts=facts, profile=profile, timeline=timeline)

    def plans(self, editions: Sequence[Intake]) -> list[Plan] | None:
        """Plan every edition of a job, or None where an asset has to be measured first; blocking.

        Raises:
            TooLongError: The tutorial is longer than allowed in one of its languages (permanent).
        """
        plans = [plan for edition in editions if (plan := self.plan(edition)) is not None]
        return plans if len(plans) == len(editions) else None

    def probed(self, intake: Intake) -> Plan:
        """Plan an edition whose assets were measured just now; blocking.

        Raises:
            TransientError: The facts are gone again (retryable).
        """
        plan = self.plan(intake)
        if plan is None:
            raise TransientError("The measured facts of an asset are gone; the next attempt measures it again.")
        return plan

    def work(self, intake: Intake, inputs: Inputs) -> Work:
        """The job, or one edition of it, as a render process reads it."""
        sources = (source for some in (inputs.sources, *inputs.voices) for source in some.values())
        hashes = [source.sha256 for source in sources if source.file is not None]
        names, whole = names_of(intake), intake.whole or intake.job
        return Work(
            job_id=names.job_id,
            project_id=names.project_id,
            request_id=names.request_id,
            digest=names.digest,
            request=whole.preview_request.model_dump(mode="json", by_alias=True, exclude_unset=True),
            edition=intake.number if intake.whole is not None else None,
            sources=inputs.sources,
            voices=inputs.voices,
            facts=self._facts.known(hashes),
            max_duration_ms=self._max_duration_ms,
            fonts_folder=str(self._fonts_dir) if self._fonts_dir is not None else None,
        )

    def _facts_of(self, intake: Intake) -> dict[str, AssetFacts] | None:
        assets = intake.identified.assets
        hashes = (found.sha256 for found in assets.values() if not isinstance(found, AbsentAsset))
        known = known_facts(self._facts.known(hashes))
        facts: dict[str, AssetFacts] = {}
        for asset_id, found in assets.items():
            if isinstance(found, AbsentAsset):
                facts[asset_id] = MissingFacts(reason=found.reason)
            elif found.sha256 in known:
                facts[asset_id] = known[found.sha256]
            else:
                return None
        return facts


def planned(
    plans: Sequence[Plan], editions: Sequence[Intake], segments: SegmentCache, comparisons: Sequence[Comparison]
) -> Produced:
    """What a dry run leaves of a job's editions; blocking."""
    reports = tuple(
        plan.report(edition, segments, comparison)
        for plan, edition, comparison in zip(plans, editions, comparisons, strict=True)
    )
    return Produced(reports=reports, pictures={}, finished=None)


def names_of(intake: Intake) -> JobNames:
    """How a job is called in its report."""
    return JobNames(
        job_id=intake.job.job_id,
        project_id=intake.job.project_id,
        request_id=intake.job.request_id,
        digest=intake.identified.digest,
    )
