"""A file of one of the formats turned into a payload, with a report of what could not be carried over."""

from __future__ import annotations

import json
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any, assert_never

from preview_worker.bridges.assets import AssetTable
from preview_worker.bridges.chapter_steps import read_chapter_steps
from preview_worker.bridges.draft import Draft
from preview_worker.bridges.language import language_of
from preview_worker.bridges.naming import slug, valid_job_id
from preview_worker.bridges.nearby import Nearby
from preview_worker.bridges.node import Node, Reading
from preview_worker.bridges.recognition import NAMES, Recognised, TutorialFormat, recognised
from preview_worker.bridges.remarks import Remark
from preview_worker.bridges.renderer_configuration import read_renderer_configuration
from preview_worker.bridges.reviewed_script import read_reviewed_script
from preview_worker.bridges.slide_list import read_slide_list
from preview_worker.bridges.storyboard_scenes import read_storyboard_scenes
from preview_worker.bridges.storyboard_sections import read_storyboard_sections
from preview_worker.contract.document import PAYLOAD_MAX_BYTES
from preview_worker.contract.validation import validate_job
from preview_worker.errors import InvalidPayloadError

DEFAULT_PROJECT = "imported"
_LISTS: dict[TutorialFormat, str] = {
    TutorialFormat.SLIDE_LIST: "slides",
    TutorialFormat.CHAPTER_STEPS: "steps",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A payload made of a foreign file.

    Attributes:
        payload: The raw job payload; valid.
        format: What the file was read as.
        language: Language tag whose words were taken.
        remarks: What was dropped, changed, or is left to be checked, by place in the file.
        omitted: How many more remarks there would be.
    """

    payload: dict[str, Any]
    format: TutorialFormat
    language: str
    remarks: tuple[Remark, ...]
    omitted: int

    def report(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        request = self.payload["previewRequest"]
        return {
            "format": self.format.value,
            "language": self.language,
            "steps": len(request["steps"]),
            "assets": len(request["assets"]),
            "remarks": [remark.as_json() for remark in self.remarks],
            "omitted": self.omitted,
        }


def import_tutorial(
    raw: Any,
    *,
    format: TutorialFormat | None = None,  # noqa: A002 - the option's name
    language: str | None = None,
    project_id: str | None = None,
    job_id: str | None = None,
    nearby: Nearby | None = None,
    hosts: Container[str] = (),
) -> Imported:
    """Turn a file's JSON value into a valid payload.

    Args:
        raw: The JSON value as parsed.
        format: What to read it as; absent: what it looks like.
        language: Language tag whose words to take where there are several; absent: the file's own.
        project_id: The project; absent: the file's own, made valid.
        job_id: The job's name; absent: made of the project and the format.
        nearby: Files that lie beside the file.
        hosts: Hosts whose https addresses stay in the payload, PREVIEW_ASSET_HOSTS; a job that names another fails.

    Raises:
        InvalidPayloadError: permanent; `unknown-format` when the file is none of the formats, `payload-too-large`
            when the payload would be larger than one may be.
    """
    found = _found(raw, format)
    tag = language or language_of(raw, raw[found.place[0]] if found.place else raw)
    reading = Reading(tag.partition("-")[0].lower())
    assets = AssetTable(reading.ledger, nearby or Nearby(), hosts=hosts)
    draft = Draft(reading, assets, language=tag)
    _reader_of(found.format)(draft, _root(reading, draft, raw, found))
    reading.close()
    payload = _payload(draft, found.format, project_id, job_id)
    _check(payload)
    return Imported(
        payload=payload,
        format=found.format,
        language=tag,
        remarks=reading.ledger.remarks(),
        omitted=reading.ledger.omitted,
    )


def _found(raw: Any, wished: TutorialFormat | None) -> Recognised:
    if wished is None:
        return recognised(raw)
    if not isinstance(raw, dict | list):
        sentence = f"This can't be read as {NAMES[wished]}: it is neither an object nor an array."
        raise InvalidPayloadError(sentence, code="unknown-format")
    return Recognised(format=wished)


def _reader_of(format_: TutorialFormat) -> Callable[[Draft, Node], None]:
    match format_:
        case TutorialFormat.STORYBOARD_1_1:
            return read_storyboard_scenes
        case TutorialFormat.STORYBOARD_1_2:
            return read_storyboard_sections
        case TutorialFormat.RENDERER_CONFIGURATION:
            return read_renderer_configuration
        case TutorialFormat.SLIDE_LIST:
            return read_slide_list
        case TutorialFormat.REVIEWED_SCRIPT:
            return read_reviewed_script
        case TutorialFormat.CHAPTER_STEPS:
            return read_chapter_steps
        case _:
            assert_never(format_)


def _root(reading: Reading, draft: Draft, raw: Any, found: Recognised) -> Node:
    """The object that the reader begins with; a bare array stands for one with its scenes."""
    if not found.place:
        return _opened(reading, raw, found)
    outer = reading.open(raw, ())
    outer.skip(str(found.place[0]))
    inner = _opened(reading, raw[found.place[0]], found)
    draft.read_head(outer)
    return inner


def _opened(reading: Reading, value: Any, found: Recognised) -> Node:
    if isinstance(value, dict):
        return reading.open(value, found.place)
    return reading.open_list(value, found.place, name=_LISTS.get(found.format, "scenes"))


def _payload(draft: Draft, format_: TutorialFormat, project_id: str | None, job_id: str | None) -> dict[str, Any]:
    project = project_id or draft.project or valid_job_id(slug(draft.title)) or DEFAULT_PROJECT
    name = job_id or valid_job_id(draft.name) or valid_job_id(f"{project[:60].rstrip('.-')}-{format_.value}")
    request = draft.request()
    request["metadata"] = {"importedFrom": format_.value}
    return {"jobId": name, "projectId": project, "requestId": name, "dryRun": False, "previewRequest": request}


def _check(payload: dict[str, Any]) -> None:
    """Make sure that the payload is one, whatever the file held."""
    size_bytes = len(json.dumps(payload, ensure_ascii=False, indent=1).encode())
    if size_bytes > PAYLOAD_MAX_BYTES:
        sentence = f"The payload would have {size_bytes} bytes; at most {PAYLOAD_MAX_BYTES} are allowed."
        hint = "name pictures and sounds by path instead of holding them as data, or import one chapter at a time"
        raise InvalidPayloadError(sentence, hint=hint, code="payload-too-large")
    errors = validate_job(payload).errors
    if errors:
        sentence = f"The file can't be imported: {errors[0].message}."
        raise InvalidPayloadError(sentence, pointer=errors[0].pointer, code="not-importable")
