"""From a command to a plan: measure what nobody measured yet, then build the timeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from preview_worker.contract import AssetType, OnMissingAsset, PreviewRequest, Step
from preview_worker.contract.asset_places import asset_errors_at, asset_places
from preview_worker.contract.editions import editions, length_errors_of
from preview_worker.contract.variants import StepWords
from preview_worker.errors import AssetError
from preview_worker.render.child.media import Kind
from preview_worker.render.child.probe import Measured, probe
from preview_worker.render.encoding import EncodingProfile, encoding_profile, font_hashes
from preview_worker.render.facts import facts_to_json, known_facts
from preview_worker.render.protocol import IN_FOLDER, Probed, ProtocolError, Source, Work
from preview_worker.timeline.build import build_timeline
from preview_worker.timeline.model import AssetFacts, MediaFacts, MissingFacts, PictureFacts, Timeline
from preview_worker.timeline.segments import still_key
from preview_worker.timeline.sound_spans import SoundSpan, sound_spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A planned edition of a job.

    Attributes:
        request: The request.
        facts: Facts by asset id.
        files: File of each asset that is there, by asset id.
        profile: How the video is encoded.
        timeline: The plan.
        spans: The sound in order.
        poster_key: Key of the poster.
        max_duration_ms: The longest video that was allowed; None for any.
    """

    request: PreviewRequest
    facts: MediaFacts
    files: Mapping[str, Path]
    profile: EncodingProfile
    timeline: Timeline
    spans: tuple[SoundSpan, ...]
    poster_key: str
    max_duration_ms: int | None

    @property
    def pictures(self) -> dict[str, Path]:
        """File of each picture, by its SHA-256."""
        return {
            facts.sha256: self.files[asset_id]
            for asset_id, facts in self.facts.items()
            if isinstance(facts, PictureFacts) and asset_id in self.files
        }


def measure(work: Work, folder: Path, request: PreviewRequest, tell: Callable[[Probed], None]) -> dict[str, AssetFacts]:
    """Facts of every file by SHA-256; those measured now are told, one file at a time.

    Raises:
        AssetError: A file can't be decoded (permanent).
    """
    known: dict[str, AssetFacts] = {**known_facts(work.facts)}
    unknown: dict[str, tuple[str, str]] = {}
    for asset_id, source in (pair for sources in (work.sources, *work.voices) for pair in sources.items()):
        if source.file is not None and source.sha256 not in known:
            unknown.setdefault(source.sha256, (asset_id, source.file))
    for sha256, found in _probed(unknown, work, folder, request):
        known[sha256] = found
        tell(Probed(facts={sha256: facts_to_json(found)}))
    return known


def _probed(
    unknown: Mapping[str, tuple[str, str]], work: Work, folder: Path, request: PreviewRequest
) -> Iterator[tuple[str, Measured]]:
    """Measure files, given as asset id and name by SHA-256; several at once, in their order."""
    heard, timed, places = _heard(request), _timed(request), asset_places(request)

    def measured(sha256: str, asked: tuple[str, str]) -> tuple[str, Measured]:
        asset_id, file = asked
        expected: Kind | Literal["timings"] = "sound" if asset_id in heard else "picture"
        if asset_id in timed:
            expected = "timings"
        with asset_errors_at(places.get(asset_id)):
            return sha256, probe(_inside(folder, file), asset_id=asset_id, sha256=sha256, expected=expected)

    with ThreadPoolExecutor(max(1, work.threads), thread_name_prefix="probe") as pool:
        yield from pool.map(measured, unknown.keys(), unknown.values())


class LastPlans:
    """Plans jobs, and keeps the last job's plans: a tutorial that comes again unchanged isn't planned again."""

    def __init__(self) -> None:
        self._prepared: tuple[Prepared, ...] = ()

    def prepare(self, work: Work, folder: Path, tell: Callable[[Probed], None]) -> tuple[Prepared, ...]:
        """Plan a job; arguments and errors are those of the function `prepare`."""
        self._prepared = prepare(work, folder, tell, self._prepared)
        return self._prepared


def prepare(
    work: Work, folder: Path, tell: Callable[[Probed], None], before: tuple[Prepared, ...] = ()
) -> tuple[Prepared, ...]:
    """Plan every edition of a job.

    Args:
        work: The job.
        folder: The process's own folder.
        tell: Called with facts that were measured now.
        before: Plans, each of which is taken over if it is of the same tutorial, with the same files and fonts.

    Raises:
        AssetError: A file can't be decoded, or is absent where that fails the job (permanent).
        TooLongError: The tutorial is longer than allowed (permanent).
        ProtocolError: The worker counts other editions.
    """
    whole = PreviewRequest.model_validate(work.request)
    measured = measure(work, folder, whole, tell)
    numbered = list(enumerate(editions(whole)))
    numbered = numbered if work.edition is None else numbered[work.edition : work.edition + 1]
    if len(work.voices) != len(numbered):
        raise ProtocolError(f"There are {len(numbered)} editions, and voices for {len(work.voices)}.")
    planner = _Planner(work=work, whole=whole, folder=folder, measured=measured, before=before)
    plans: list[Prepared] = []
    for (number, request), voices in zip(numbered, work.voices, strict=True):
        with length_errors_of(number, request.language):
            plans.append(planner.planned(request, voices))
    return tuple(plans)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planner:
    """Plans the editions of one job."""

    work: Work
    whole: PreviewRequest
    folder: Path
    measured: Mapping[str, AssetFacts]
    before: tuple[Prepared, ...]

    def planned(self, request: PreviewRequest, voices: Mapping[str, Source]) -> Prepared:
        """The plan of an edition with its draft voices."""
        work, sources = self.work, {**self.work.sources, **voices}
        facts = {
            asset_id: self.measured[source.sha256]
            if source.file is not None
            else _missing(asset_id, source.missing or "no file", self.whole)
            for asset_id, source in sources.items()
        }
        profile = encoding_profile(request, font_hashes(fonts_folder(work)))
        files = {key: _inside(self.folder, source.file) for key, source in sources.items() if source.file is not None}
        for plan in self.before:
            if (request, facts, profile) == (plan.request, plan.facts, plan.profile) and (
                work.max_duration_ms == plan.max_duration_ms
            ):
                return replace(plan, request=request, files=files)
        timeline = build_timeline(request, facts, encoding=profile.identity, max_duration_ms=work.max_duration_ms)
        return Prepared(
            request=request,
            facts=facts,
            files=files,
            max_duration_ms=work.max_duration_ms,
            profile=profile,
            timeline=timeline,
            poster_key=still_key(timeline.poster, timeline.rate, profile.identity),
            spans=sound_spans(timeline.sound, facts, profile.sound.rules, profile.sound_identity),
        )


def fonts_folder(work: Work) -> Path | None:
    """Folder with the user's own fonts, None when there is none."""
    folder = Path(work.fonts_folder) if work.fonts_folder is not None else None
    return folder if folder is not None and folder.is_dir() else None


def _heard(request: PreviewRequest) -> frozenset[str]:
    """Ids of the assets that are sounds by their type, or used as one."""
    typed = {asset.id for asset in request.assets if asset.type is AssetType.AUDIO}
    music = {request.audio.music.asset_id} if request.audio.music is not None else set()
    spoken = {words.narration_asset_id for words in _worded(request)}
    return frozenset(asset_id for asset_id in typed | music | spoken if asset_id is not None)


def _timed(request: PreviewRequest) -> frozenset[str | None]:
    """Ids of the assets that tell when words are spoken."""
    return frozenset(words.narration_timings for words in _worded(request))


def _worded(request: PreviewRequest) -> Iterator[Step | StepWords]:
    """Steps, and what variants say of them."""
    yield from request.steps
    for variant in request.variants:
        yield from variant.steps.values()


def _missing(asset_id: str, reason: str, request: PreviewRequest) -> MissingFacts:
    if request.options.on_missing_asset is OnMissingAsset.FAIL:
        raise AssetError(
            f"The file of asset {asset_id.removeprefix('path:')} is missing: {reason}.",
            hint='Put it in its place, or set options.onMissingAsset to "placeholder".',
            code="asset-missing",
            pointer=asset_places(request).get(asset_id),
        )
    return MissingFacts(reason=reason)


def _inside(folder: Path, name: str) -> Path:
    """The file of that name below ``in/``; a name that would lead elsewhere is refused."""
    if Path(name).name != name:
        raise AssetError(f"The worker handed over a file by the name {name[:80]!r}.", code="asset-unusable")
    return folder / IN_FOLDER / name
