"""One step of the tutorial."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from preview_worker.contract.fields import (
    BodyText,
    Colour,
    Flag,
    LabelIdText,
    LineText,
    Metadata,
    StepDurationMs,
    StepIdText,
    Whole,
    Wire,
)
from preview_worker.contract.kinds import LAYOUT_ALIASES, SILENT_KINDS, Layout, StepKind, TransitionType
from preview_worker.contract.scene import Callout, Visual

VISUALS_MAX = 32
CALLOUTS_MAX = 64


def _layout(value: object) -> object:
    return LAYOUT_ALIASES.get(value, value) if isinstance(value, str) else value


class Transition(Wire):
    """How a step is entered; it overlaps the last picture of the step before and adds no time."""

    type: TransitionType = Field(default=TransitionType.CROSSFADE, description="Its form.")
    duration_ms: Whole = Field(
        default=500, ge=0, le=2000, description="Length; at most half of the shorter of the two steps is used."
    )


class Step(Wire):
    """One step: words, pictures and what points into them."""

    id: StepIdText = Field(default="", description="Unique name; absent: `step-<n>`, counted from 1.")
    kind: StepKind = Field(default=StepKind.SETUP_STEP, description="What the step is.")
    title: LineText = Field(default="", description="Heading.")
    text: BodyText = Field(default="", description="Words on the screen; `body` is the same.")
    narration: BodyText | None = Field(
        default=None,
        description="Words spoken and captioned; absent: `text`, but nothing for intro, end_card and transition;"
        ' `""`: silent by intent.',
    )
    duration_ms: StepDurationMs | None = Field(
        default=None,
        description="Length; absent: that of the speech. Speech is never cut: a shorter length is lengthened.",
    )
    narration_asset_id: LabelIdText | None = Field(default=None, description="Id of the asset with the speech.")
    narration_timings: LabelIdText | None = Field(
        default=None,
        description="Id of the asset that tells when each word is spoken: alignment JSON of a speech service, VTT or"
        " SRT; times from the beginning of the speech. Absent: estimated.",
    )
    visuals: tuple[Visual, ...] = Field(
        default=(), max_length=VISUALS_MAX, description="Pictures; a string is an asset's id, else a path."
    )
    callouts: tuple[Callout, ...] = Field(default=(), max_length=CALLOUTS_MAX, description="Signs that point.")
    transition: Transition = Field(default=Transition.model_construct(), description="How the step is entered.")
    layout: Annotated[Layout, BeforeValidator(_layout)] = Field(
        default=Layout.AUTO,
        description="Where pictures and text stand; `split_left` and `split_right` are the same as `picture_left` and"
        " `picture_right`.",
    )
    reference: LineText = Field(default="", description="Source shown in the corner, such as a rulebook page.")
    chapter: LineText | None = Field(
        default=None,
        description="Starts a chapter of this name; if no step has one, each run of equal kinds is a chapter.",
    )
    badge: Flag = Field(default=True, description="Whether the step badge is shown.")
    background: Colour | None = Field(default=None, description="Colour behind everything; absent: the theme's.")
    metadata: Metadata = Field(default={}, description="Any JSON up to 64 KiB, carried to the report.")


def spoken(step: Step) -> str:
    """Return the words a step speaks and captions: `""` where it is silent by intent or has none."""
    if step.narration is not None:
        return step.narration
    return "" if step.kind in SILENT_KINDS else step.text
