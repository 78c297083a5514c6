"""The closed sets of words a payload may use."""

from enum import StrEnum


class Priority(StrEnum):
    """How urgently a job is taken."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class StepKind(StrEnum):
    """What a tutorial step is, which decides its look and its defaults."""

    INTRO = "intro"
    COMPONENTS_OVERVIEW = "components_overview"
    SETUP_STEP = "setup_step"
    TURN_FLOW = "turn_flow"
    SCORING_SUMMARY = "scoring_summary"
    END_CARD = "end_card"
    TRANSITION = "transition"


SILENT_KINDS = frozenset({StepKind.INTRO, StepKind.END_CARD, StepKind.TRANSITION})
"""Kinds that speak only when the step says so."""


class TransitionType(StrEnum):
    """How a step is entered."""

    CUT = "cut"
    CROSSFADE = "crossfade"
    FADE = "fade"
    SLIDE = "slide"


class Layout(StrEnum):
    """Where pictures and text stand."""

    AUTO = "auto"
    FULL = "full"
    PICTURE_LEFT = "picture_left"
    PICTURE_RIGHT = "picture_right"
    GRID = "grid"
    TEXT = "text"


LAYOUT_ALIASES = {"split_left": "picture_left", "split_right": "picture_right"}


class Fit(StrEnum):
    """How a picture fills its box."""

    CONTAIN = "contain"
    COVER = "cover"
    BLUR_FILL = "blur_fill"


class Enter(StrEnum):
    """How a visual appears."""

    NONE = "none"
    FADE = "fade"


class MotionType(StrEnum):
    """How the camera moves over a picture."""

    HOLD = "hold"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    PAN = "pan"
    KEN_BURNS = "ken_burns"
    FOCUS = "focus"


class Easing(StrEnum):
    """How a motion speeds up and slows down."""

    LINEAR = "linear"
    IN_OUT_SINE = "in_out_sine"
    IN_OUT_CUBIC = "in_out_cubic"


class CalloutKind(StrEnum):
    """How a callout points at something."""

    BOX = "box"
    CIRCLE = "circle"
    ARROW = "arrow"
    MARKER = "marker"
    LABEL = "label"
    HIGHLIGHT = "highlight"
    NOTE = "note"


class AssetType(StrEnum):
    """What an asset holds; the file's content decides when it is absent."""

    IMAGE = "image"
    AUDIO = "audio"


class NarrationMode(StrEnum):
    """Where the speech comes from."""

    AUTO = "auto"
    ASSETS = "assets"
    TTS = "tts"
    SILENT = "silent"


class LoudnessProfile(StrEnum):
    """The loudness the mix aims at: −16 LUFS or −14 LUFS."""

    MOBIUS_16 = "mobius-16"
    YOUTUBE_14 = "youtube-14"


class Format(StrEnum):
    """The container of the video."""

    MP4 = "mp4"
    WEBM = "webm"


class Quality(StrEnum):
    """The trade of speed against looks."""

    DRAFT = "draft"
    STANDARD = "standard"
    HIGH = "high"


class BadgeStyle(StrEnum):
    """What the step badge shows."""

    NUMBER_OF_TOTAL = "i/n"
    NUMBER = "i"
    NONE = "none"


class Supersede(StrEnum):
    """Which earlier jobs of the same project, chapter and language a job replaces."""

    NONE = "none"
    WAITING = "waiting"
    ALL = "all"


class OnMissingAsset(StrEnum):
    """What an absent picture or sound does to the job."""

    PLACEHOLDER = "placeholder"
    FAIL = "fail"
