"""Which format a file has, told by what it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from preview_worker.contract.finding import Location
from preview_worker.errors import InvalidPayloadError

LOOKED_AT = 50
"""Scenes whose members are looked at."""
WRAPPERS = ("storyboard", "storyboardManifest", "manifest", "config", "renderConfig", "script", "scriptPackage", "data")
"""Members in which a document may stand one level down."""
_MARKED = 10
_VIDEO = 3


class TutorialFormat(StrEnum):
    """The formats that can be imported, by the names of `--format`."""

    STORYBOARD_1_1 = "storyboard-1.1"
    STORYBOARD_1_2 = "storyboard-1.2"
    RENDERER_CONFIGURATION = "renderer-configuration"
    SLIDE_LIST = "slide-list"
    REVIEWED_SCRIPT = "reviewed-script"
    CHAPTER_STEPS = "chapter-steps"


NAMES: dict[TutorialFormat, str] = {
    TutorialFormat.STORYBOARD_1_1: "a storyboard of contract 1.0 or 1.1",
    TutorialFormat.STORYBOARD_1_2: "a storyboard of contract 1.2",
    TutorialFormat.RENDERER_CONFIGURATION: "a renderer configuration",
    TutorialFormat.SLIDE_LIST: "a slide list",
    TutorialFormat.REVIEWED_SCRIPT: "a reviewed script",
    TutorialFormat.CHAPTER_STEPS: "chapters with steps",
}

# Members of scenes that one format has and the others don't; the more of them, the surer.
_SCENE_MARKS: dict[TutorialFormat, frozenset[str]] = {
    TutorialFormat.STORYBOARD_1_2: frozenset(
        {"spokenText", "visualDirections", "imageAssetIds", "sectionId", "visualPlan", "estimatedDurationMs", "sources"}
    ),
    TutorialFormat.REVIEWED_SCRIPT: frozenset(
        {"on_screen_text", "source_pages", "visual_asset", "visual_focus", "completed_steps", "section", "narration"}
    ),
    TutorialFormat.RENDERER_CONFIGURATION: frozenset(
        {"background", "narrationText", "layout", "audio", "callouts", "chapterTitle", "motion"}
    ),
    TutorialFormat.STORYBOARD_1_1: frozenset(
        {"visuals", "segmentId", "sourceId", "prevSceneId", "nextSceneId", "type", "assets", "overlays"}
    ),
    TutorialFormat.SLIDE_LIST: frozenset({"imageUrls", "durationInFrames", "sectionTitle", "themeBorderColor"}),
}
_SLIDE_MARKS = frozenset(
    {"imageUrls", "narrationText", "sectionTitle", "durationInFrames", "themeBorderColor", "backgroundMusicFile"}
)
_STEP_MARKS = frozenset({"id", "text", "body", "title", "heading", "textEn", "textFr", "text_en", "text_fr"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A document whose format is known.

    Attributes:
        format: Its format.
        place: Where it stands in the file: at the top, or below one of the wrappers.
    """

    format: TutorialFormat
    place: Location = ()


def recognised(raw: Any) -> Recognised:
    """Tell the format of a file.

    Raises:
        InvalidPayloadError: It has none of them (permanent, code `unknown-format`), or is a payload already.
    """
    if isinstance(raw, dict) and "previewRequest" in raw:
        hint = "check it with `preview-worker validate`"
        raise InvalidPayloadError(
            "This is a payload already; nothing needs importing.", hint=hint, code="unknown-format"
        )
    if (format_ := _format_of(raw)) is not None:
        return Recognised(format=format_)
    for key in WRAPPERS if isinstance(raw, dict) else ():
        if (format_ := _format_of(raw.get(key))) is not None:
            return Recognised(format=format_, place=(key,))
    sentence = (
        "This is none of the formats that can be imported: there is neither an array `scenes` (storyboards, renderer"
        " configurations, reviewed scripts), nor `chapter`, `chapters`, `sections` or `steps`, nor an array of slides"
        " with `imageUrls` or `narrationText`, nor one of steps with `text` or `body`."
    )
    hint = f"name the format by --format: {', '.join(TutorialFormat)}"
    raise InvalidPayloadError(sentence, hint=hint, code="unknown-format")


def _format_of(raw: Any) -> TutorialFormat | None:
    if isinstance(raw, list):
        return _of_list(raw)
    if not isinstance(raw, dict):
        return None
    if isinstance(raw.get("scenes"), list):
        return _of_scenes(raw, raw["scenes"])
    if isinstance(raw.get("slides"), list):
        return TutorialFormat.SLIDE_LIST
    if isinstance(raw.get("sections"), list) and "spokenText" in _members(raw["sections"]):
        return TutorialFormat.STORYBOARD_1_2
    has_chapters = isinstance(raw.get("chapter"), dict) or isinstance(raw.get("chapters"), list)
    return TutorialFormat.CHAPTER_STEPS if has_chapters or isinstance(raw.get("steps"), list) else None


def _of_list(entries: list[Any]) -> TutorialFormat | None:
    members = _members(entries)
    if len(members & _SLIDE_MARKS) > 1 or "imageUrls" in members:
        return TutorialFormat.SLIDE_LIST
    if "spokenText" in members:
        return TutorialFormat.STORYBOARD_1_2
    return TutorialFormat.CHAPTER_STEPS if members & (_STEP_MARKS - {"id"}) else None


def _of_scenes(raw: dict[str, Any], scenes: list[Any]) -> TutorialFormat | None:
    members = _members(scenes)
    points = {format_: len(members & marks) for format_, marks in _SCENE_MARKS.items()}
    version = next((str(raw[key]) for key in ("storyboardContractVersion", "contractVersion") if raw.get(key)), "")
    if version.startswith("1.2"):
        points[TutorialFormat.STORYBOARD_1_2] += _MARKED
    elif version:
        points[TutorialFormat.STORYBOARD_1_1] += _MARKED
    if isinstance(raw.get("video"), dict):
        points[TutorialFormat.RENDERER_CONFIGURATION] += _VIDEO
    best = max(points, key=points.__getitem__)
    return best if points[best] else None


def _members(entries: Iterable[Any]) -> set[str]:
    found: set[str] = set()
    for entry in list(entries)[:LOOKED_AT]:
        if isinstance(entry, dict):
            found |= entry.keys()
    return found
