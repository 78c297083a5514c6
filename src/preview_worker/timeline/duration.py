"""How long each step lasts, and when within it the speech is heard."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from preview_worker.contract import Step, spoken
from preview_worker.timeline.language import speech_ms
from preview_worker.timeline.model import AssetFacts, Note, SoundFacts
from preview_worker.timeline.time import (
    SAMPLE_RATE_HZ,
    FrameRange,
    frames_covering_samples,
    frames_of_ms,
    ms_of_frames,
    samples_of_ms,
)

LEAD_MS = 200
TAIL_MS = 200
SHORTEST_STEP_MS = 2000
TITLE_CARD_MS = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTiming:
    """A step's length in frames, the frames in which speech is heard (from the step's start), and what was noticed.

    `voice_lead_samples` is the pause before the narration file at 48 kHz; `estimated` marks a length from word counts.
    """

    frames: int
    speech: FrameRange
    voice_lead_samples: int
    estimated: bool
    notes: tuple[Note, ...]


def time_step(step: Step, narration: AssetFacts | None, *, language: str, rate: Fraction) -> StepTiming:
    """Length of one step, rounded to whole frames on its own, so that an edit never shifts another step's count.

    Args:
        step: The step of the payload.
        narration: Facts of its narration file, None when it names none.
        language: BCP 47 tag of the tutorial.
        rate: Frames per second.
    """
    if isinstance(narration, SoundFacts):
        return _timed_by_sound(step, narration.duration_samples, rate)
    return _timed_by_words(step, language, rate)


def _timed_by_sound(step: Step, speech_samples: int, rate: Fraction) -> StepTiming:
    lead_samples = samples_of_ms(LEAD_MS)
    comfortable = frames_covering_samples(lead_samples + speech_samples + samples_of_ms(TAIL_MS), rate)
    if step.duration_ms is None:
        frames = max(comfortable, frames_of_ms(SHORTEST_STEP_MS, rate))
        return _spoken_timing(frames, speech_samples, lead_samples, rate, ())
    frames = frames_of_ms(step.duration_ms, rate)
    spare_samples = int(Fraction(frames) * SAMPLE_RATE_HZ / rate) - speech_samples
    if spare_samples < 0:
        note = Note(
            code="step-lengthened",
            step_id=step.id,
            at_ms=None,
            message=f"Step {step.id} asks for {step.duration_ms} ms, but its narration needs more; it was lengthened.",
            value=step.duration_ms,
            limit=ms_of_frames(comfortable, rate),
            hint="Shorten the narration or raise durationMs.",
        )
        return _spoken_timing(comfortable, speech_samples, lead_samples, rate, (note,))
    return _spoken_timing(frames, speech_samples, min(lead_samples, spare_samples // 2), rate, ())


def _spoken_timing(
    frames: int, speech_samples: int, lead_samples: int, rate: Fraction, notes: tuple[Note, ...]
) -> StepTiming:
    start = lead_samples * rate.numerator // (SAMPLE_RATE_HZ * rate.denominator)
    end = min(frames, frames_covering_samples(lead_samples + speech_samples, rate))
    return StepTiming(
        frames=frames,
        speech=FrameRange(start=min(start, end), end=end),
        voice_lead_samples=lead_samples,
        estimated=False,
        notes=notes,
    )


def _timed_by_words(step: Step, language: str, rate: Fraction) -> StepTiming:
    narration = spoken(step)
    # A silent card is read instead of heard, at the same pace.
    said_ms = speech_ms(narration or f"{step.title or ''} {step.text or ''}", language)
    wanted_ms = step.duration_ms or max(SHORTEST_STEP_MS, LEAD_MS + said_ms + TAIL_MS)
    frames = max(1, frames_of_ms(wanted_ms, rate))
    if not narration:
        return StepTiming(
            frames=frames, speech=FrameRange(start=0, end=0), voice_lead_samples=0, estimated=False, notes=()
        )
    start = min(frames_of_ms(LEAD_MS, rate), frames - 1)
    end = min(frames, max(start + 1, frames_of_ms(LEAD_MS + said_ms, rate)))
    return StepTiming(
        frames=frames,
        speech=FrameRange(start=start, end=end),
        voice_lead_samples=samples_of_ms(LEAD_MS),
        estimated=True,
        notes=(),
    )
