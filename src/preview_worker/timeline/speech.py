"""When each word of a step is spoken: as its file of timings tells, else estimated, along the recording's pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from preview_worker.contract import Callout, PreviewRequest, Step, phrase_start, spoken, tokens_of
from preview_worker.contract.asset_places import asset_places
from preview_worker.errors import AssetError
from preview_worker.timeline.brief import Brief, facts_key
from preview_worker.timeline.captions import cues_of_words
from preview_worker.timeline.duration import StepTiming
from preview_worker.timeline.model import AssetFacts, Cue, MediaFacts, Note, PictureFacts, SoundFacts, TimingFacts
from preview_worker.timeline.pace import estimated_times
from preview_worker.timeline.pauses import Voiced, voiced_of
from preview_worker.timeline.time import SAMPLE_RATE_HZ, FrameRange, ms_of_frames
from preview_worker.timeline.tokens import OwnedToken, owned_tokens
from preview_worker.timeline.told_times import told_times
from preview_worker.timeline.words import Word, WordTime, words_of

LEAST_SHOWN_MS = 400
"""A callout that comes and goes with one short word would flash: it takes 250 ms to come to rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """The words of a step with their times.

    `lead_ms` is where in the step the speech begins, from which the times count; `timing` are the step's frames;
    `notes` tell of word times that are of no use.
    """

    step: Step
    timing: StepTiming
    words: tuple[Word, ...]
    times: Sequence[WordTime]
    lead_ms: int
    notes: tuple[Note, ...]

    def cues(self, *, rate: Fraction, language: str) -> tuple[Cue, ...]:
        """Captions, in frames of the step."""
        return cues_of_words(
            self.words,
            self.times,
            self.timing.speech,
            FrameRange(start=self.timing.speech.start, end=self.timing.frames),
            step_id=self.step.id,
            rate=rate,
            language=language,
        )

    def anchored(self) -> Step:
        """The step, its callouts' phrases turned into times."""
        if not any(callout.at or callout.until for callout in self.step.callouts):
            return self.step
        owned = owned_tokens(self.words)
        if not owned:
            return self.step
        callouts = tuple(callout.model_copy(update=self._moments(callout, owned)) for callout in self.step.callouts)
        return self.step.model_copy(update={"callouts": callouts})

    def _moments(self, callout: Callout, owned: Sequence[OwnedToken]) -> dict[str, int]:
        """When a callout comes and goes by its phrases, in what is said."""
        said = [token.text for token in owned]
        moments: dict[str, int] = {}
        first = 0
        if callout.at:
            first = phrase_start(said, tokens_of(callout.at)) or 0
            moments["start_ms"] = self.lead_ms + self.times[owned[first].first].start_ms
        if callout.until:
            phrase = tokens_of(callout.until)
            last = (phrase_start(said, phrase, first) or first) + len(phrase) - 1
            earliest_ms = moments.get("start_ms", callout.start_ms or 0) + LEAST_SHOWN_MS
            moments["end_ms"] = max(earliest_ms, self.lead_ms + self.times[owned[last].last].end_ms)
        return moments


def speech_of(brief: Brief, step: Step, timing: StepTiming) -> Speech:
    """The words of a step with their times."""
    words = words_of(spoken(step))
    sound = brief.facts_of(brief.narration_id(step))
    duration_ms = ms_of_frames(len(timing.speech), brief.rate)
    if isinstance(sound, SoundFacts):
        duration_ms = sound.duration_samples * 1000 // SAMPLE_RATE_HZ
    told = brief.facts_of(step.narration_timings)
    times: Sequence[WordTime] | None = None
    notes: tuple[Note, ...] = ()
    if words and isinstance(told, TimingFacts):
        is_own = isinstance(sound, SoundFacts) and brief.narration_id(step) == step.narration_asset_id
        times = told_times(words, told, duration_ms, scaled=not is_own)
        notes = () if times is not None else (_other_words(step),)
    if times is None:
        times = estimated_times(words, _voiced(sound, duration_ms))
    lead_ms = timing.voice_lead_samples * 1000 // SAMPLE_RATE_HZ
    return Speech(step=step, timing=timing, words=words, times=times, lead_ms=lead_ms, notes=notes)


def _voiced(sound: AssetFacts | None, duration_ms: int) -> Voiced:
    if isinstance(sound, SoundFacts):
        return voiced_of(sound.loudness_db10, duration_ms)
    return Voiced(start_ms=0, end_ms=duration_ms, pauses=())


def _other_words(step: Step) -> Note:
    return Note(
        code="not-rendered",
        step_id=step.id,
        at_ms=None,
        message=f"The word times of asset {step.narration_timings} are of other words than step {step.id} says; its"
        " times are estimated instead.",
        value=step.narration_timings,
        hint="Name the file that belongs to this narration in narrationTimings, or leave it out.",
    )


def refuse_wrong_timings(request: PreviewRequest, facts: MediaFacts) -> None:
    """Refuse a picture or a sound that should tell when words are spoken, and what tells it elsewhere.

    Raises:
        AssetError: ``asset-undecodable``, for the first one (permanent).
    """
    for step in request.steps:
        if isinstance(facts.get(step.narration_timings or ""), PictureFacts | SoundFacts):
            raise _refusal(
                request, step, step.narration_timings, "it should tell when words are spoken, but is no text"
            )
        for key in (*map(facts_key, step.visuals), step.narration_asset_id):
            if isinstance(facts.get(key or ""), TimingFacts):
                raise _refusal(request, step, key, "it should be seen or heard, but tells when words are spoken")
    music = request.audio.music
    if music is not None and isinstance(facts.get(music.asset_id), TimingFacts):
        raise AssetError(
            f"Asset {music.asset_id} can't be the music: it tells when words are spoken.",
            code="asset-undecodable",
            pointer=asset_places(request).get(music.asset_id),
            hint="Name a sound.",
        )


def _refusal(request: PreviewRequest, step: Step, key: str | None, fault: str) -> AssetError:
    return AssetError(
        f"Asset {(key or '').removeprefix('path:')} can't be used by step {step.id}: {fault}.",
        code="asset-undecodable",
        pointer=asset_places(request).get(key or ""),
        step_id=step.id,
        hint="Name a file of the right kind.",
    )
