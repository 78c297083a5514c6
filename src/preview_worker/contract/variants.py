"""A tutorial's words in another language, as the payload carries them."""

from pydantic import Field

from preview_worker.contract.fields import BodyText, LabelIdText, LanguageTag, LineText, ParagraphText, Wire
from preview_worker.contract.step import CALLOUTS_MAX

VARIANTS_MAX = 8
WORDED_STEPS_MAX = 500


class CalloutWords(Wire):
    """A callout's words in another language; what is absent stays as it is."""

    text: LineText | None = Field(default=None, description="Words beside it.")
    at: LineText | None = Field(default=None, description="Words of this language's narration with which it appears.")
    until: LineText | None = Field(default=None, description="Words of this language's narration after which it goes.")


class StepWords(Wire):
    """A step's words in another language; what is absent stays as it is."""

    title: LineText | None = Field(default=None, description="Heading.")
    text: BodyText | None = Field(default=None, description="Words on the screen; `body` is the same.")
    narration: BodyText | None = Field(
        default=None,
        description="Words spoken and captioned; absent, with `text`: spoken by the rules of a step without narration.",
    )
    narration_asset_id: LabelIdText | None = Field(
        default=None,
        description="Id of the asset with the speech; absent: the step's own where the words spoken are the same.",
    )
    narration_timings: LabelIdText | None = Field(
        default=None, description="Id of the asset that tells when each word of this recording is spoken."
    )
    chapter: LineText | None = Field(default=None, description="Name of the chapter that the step starts.")
    reference: LineText | None = Field(default=None, description="Source shown in the corner.")
    callouts: tuple[CalloutWords, ...] = Field(
        default=(), max_length=CALLOUTS_MAX, description="Words of the step's callouts, in their order."
    )


class Variant(Wire):
    """The tutorial in another language: files of its own beside those of the request's language."""

    language: LanguageTag = Field(description="Language of the words (BCP 47); also the folder of its files.")
    title: LineText | None = Field(default=None, description="Title of the tutorial; absent: the request's.")
    description: ParagraphText | None = Field(default=None, description="What it is about; absent: the request's.")
    voice: LabelIdText | None = Field(default=None, description="Name of the draft voice; absent: the language's.")
    steps: dict[str, StepWords] = Field(
        default={},
        max_length=WORDED_STEPS_MAX,
        description="Step id → its words; a step that isn't named stays as it is.",
    )
