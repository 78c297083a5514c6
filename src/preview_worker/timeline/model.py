"""The plan of a whole video: tracks of clips, transitions, captions, chapters, sound, and segments that tile it.

Words follow OpenTimelineIO (timeline, track, clip, transition); *segment* is ours: the piece that is encoded, cached
and joined. All ranges are in frames of the whole timeline unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from preview_worker.contract import LoudnessProfile
from preview_worker.timeline.scene import Scene
from preview_worker.timeline.time import FrameRange


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFacts:
    """Measured facts of an image file (after EXIF orientation)."""

    sha256: str
    width_px: int
    height_px: int
    has_alpha: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFacts:
    """Measured facts of an audio file; samples at 48 kHz, peak 0–1 of full scale.

    `loudness_db10` and `peak_db10` tell of each tenth of a second (the last one may be shorter) its loudness,
    K-weighted, of both channels together, in tenths of LUFS, and its largest sample, in tenths of a decibel below full
    scale. `seam_db10` and `seam_peak_db10` tell the same of its ends where rounds of it follow each other and fade: of
    the first tenth, and of the last one or two; of a sound shorter than a tenth, of all of it.
    `announced_samples` is the length that the file says it has, None where it says nothing.
    """

    sha256: str
    duration_samples: int
    channels: int
    peak: float
    loudness_db10: tuple[int, ...]
    peak_db10: tuple[int, ...]
    seam_db10: tuple[int, ...]
    seam_peak_db10: tuple[int, ...]
    announced_samples: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingFacts:
    """What a file tells of when words are spoken: texts in order with their beginnings and ends, all equally many.

    Times are in ms from the beginning of the speech; a text is a word, or several that share its time.
    """

    sha256: str
    texts: tuple[str, ...]
    starts_ms: tuple[int, ...]
    ends_ms: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingFacts:
    """The asset's file is not there."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnprobedFacts:
    """The asset's file is there, and nothing has looked into it yet: its length is estimated from words."""

    sha256: str


AssetFacts = PictureFacts | SoundFacts | TimingFacts | MissingFacts | UnprobedFacts
MediaFacts = Mapping[str, AssetFacts]
"""Facts by asset id; a visual given by path has the id ``path:<path>``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """How a step begins: its first `frames` frames are mixed with the held last picture of the step before.

    `fade` goes through the background colour; on the first step `frames` is 0 except for `fade` (from black).
    """

    kind: Literal["cut", "crossfade", "fade", "slide"]
    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One step on the video track.

    `frames` is its place on the timeline; `source` the frames of its scene that are seen there (all of them, unless
    the timeline is a part of a longer one). `before` is the scene of the step before, whose last frame is held under
    the transition; None on the first step.
    """

    step_id: str
    step_index: int
    title: str
    frames: FrameRange
    source: FrameRange
    transition: Transition
    scene: Scene
    before: Scene | None
    speech: FrameRange
    estimated: bool

    @property
    def rest_frame(self) -> int:
        """Frame of the scene at which everything that enters has arrived: for the contact sheet."""
        length = self.scene.frames
        return max(0, min(length - 1, max(self.transition.frames + length // 3, length // 2)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One caption: at most two lines, within one step."""

    frames: FrameRange
    lines: tuple[str, ...]
    step_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A named part of the video."""

    frames: FrameRange
    title: str
    step_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A narration file on the sound track, from `source_start_sample` of the file on; samples at 48 kHz."""

    asset_id: str
    step_id: str
    start_sample: int
    source_start_sample: int
    duration_samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Music:
    """The music bed: looped over the whole length, `gain_db` alone and `duck_db` lower while a voice speaks."""

    asset_id: str
    gain_db: float
    duck_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTrack:
    """What is heard; a track without voices and music is silence. `gain_db` is put on all of it, for the profile."""

    duration_samples: int
    voices: tuple[Voice, ...]
    music: Music | None
    profile: LoudnessProfile
    gain_db: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A run of frames that is encoded on its own and known by its content.

    `clip_index` counts `Timeline.clips`; `local` counts frames of the clip's scene. A segment lies either wholly inside
    its clip's transition (`mixes` is True: it also needs the last frame of the scene before) or wholly behind it.
    """

    key: str
    clip_index: int
    frames: FrameRange
    local: FrameRange
    mixes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A warning of the plan: code, where, and what to do (the contract's `Warning` entry without severity)."""

    code: str
    step_id: str | None
    at_ms: int | None
    message: str
    value: float | str | None = None
    limit: float | str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The plan. Clips and segments each tile ``0…frames`` without gap or overlap."""

    rate: Fraction
    width_px: int
    height_px: int
    frames: int
    clips: tuple[Clip, ...]
    cues: tuple[Cue, ...]
    chapters: tuple[Chapter, ...]
    sound: SoundTrack
    segments: tuple[Segment, ...]
    poster: Scene
    notes: tuple[Note, ...]
