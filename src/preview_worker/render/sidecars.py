"""The files beside the video: captions, chapters, and the text for a description. Pure text from a timeline."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from preview_worker.contract import PreviewRequest
from preview_worker.timeline.caption_places import caption_lines
from preview_worker.timeline.model import Chapter, Cue, Timeline
from preview_worker.timeline.time import ms_of_frames

YOUTUBE_FEWEST_CHAPTERS = 3
YOUTUBE_SHORTEST_MS = 10_000
"""YouTube shows chapters only when the first starts at 0:00, there are three or more, and each lasts 10 s or more."""

MEDIA_TYPES: Mapping[str, str] = {
    "captions.srt": "application/x-subrip",
    "captions.vtt": "text/vtt",
    "chapters.json": "application/json",
    "chapters.vtt": "text/vtt",
    "youtube.txt": "text/plain",
}
_ANGLES = str.maketrans({"<": "\u2039", ">": "\u203a"})
_REPLACEMENTS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """A text file of the result, UTF-8 with Unix line ends."""

    name: str
    media_type: str
    text: str


def sidecars(timeline: Timeline, request: PreviewRequest) -> tuple[Sidecar, ...]:
    """All of them, also when they have nothing to tell: a player that asks for captions gets an empty track."""
    texts = {
        "captions.srt": captions_srt(timeline),
        "captions.vtt": captions_vtt(timeline, request.language),
        "chapters.json": chapters_json(timeline),
        "chapters.vtt": chapters_vtt(timeline),
        "youtube.txt": youtube_text(timeline, request),
    }
    return tuple(Sidecar(name=name, media_type=MEDIA_TYPES[name], text=text) for name, text in texts.items())


def captions_srt(timeline: Timeline) -> str:
    """SubRip: numbered cues, times with a comma, no markup."""
    blocks = [
        f"{number}\n{_span(timeline, cue, ',')}\n{_lines(cue, _plain)}\n"
        for number, cue in enumerate(timeline.cues, start=1)
    ]
    return "\n".join(blocks)


def captions_vtt(timeline: Timeline, language: str) -> str:
    """WebVTT (W3C): a header with the language, then numbered cues low in the picture, or where no callout is."""
    blocks = [f"WEBVTT\nKind: captions\nLanguage: {_plain(language)}\n"]
    blocks += [
        f"{number}\n{_span(timeline, cue, '.')} line:{line}%\n{_lines(cue, _escaped)}\n"
        for number, (cue, line) in enumerate(zip(timeline.cues, caption_lines(timeline), strict=True), start=1)
    ]
    return "\n".join(blocks)


def chapters_vtt(timeline: Timeline) -> str:
    """WebVTT of kind chapters."""
    blocks = ["WEBVTT\n"]
    blocks += [f"{_span(timeline, chapter, '.')}\n{_escaped(chapter.title)}\n" for chapter in timeline.chapters]
    return "\n".join(blocks)


def chapters_json(timeline: Timeline) -> str:
    """Chapters in the JSON form podcast players read (`startTime` in seconds), with our frames beside."""
    chapters = [
        {
            "title": chapter.title,
            "startTime": ms_of_frames(chapter.frames.start, timeline.rate) / 1000,
            "endTime": ms_of_frames(chapter.frames.end, timeline.rate) / 1000,
            "startFrame": chapter.frames.start,
            "stepId": chapter.step_id,
        }
        for chapter in timeline.chapters
    ]
    return json.dumps({"version": "1.2.0", "chapters": chapters}, ensure_ascii=False, indent=2) + "\n"


def youtube_text(timeline: Timeline, request: PreviewRequest) -> str:
    """Text for a video's description: title, description, chapters where YouTube would show them, credits.

    YouTube refuses a description with angle brackets.
    """
    parts = [_plain(request.title), request.description.strip()]
    merged = youtube_chapters(timeline)
    parts.append("\n".join(f"{_clock(start_ms)} {_plain(title)}" for start_ms, title in merged))
    parts.append("\n".join(_credits(request)))
    return "\n\n".join(part for part in parts if part).translate(_ANGLES) + "\n"


def youtube_chapters(timeline: Timeline) -> tuple[tuple[int, str], ...]:
    """Start in ms and title of the chapters YouTube accepts, too short ones joined to the one before; () for none."""
    total_ms = ms_of_frames(timeline.frames, timeline.rate)
    merged: list[tuple[int, str]] = []
    for chapter in timeline.chapters:
        start_ms = ms_of_frames(chapter.frames.start, timeline.rate)
        if not merged or start_ms - merged[-1][0] >= YOUTUBE_SHORTEST_MS:
            merged.append((start_ms, chapter.title))
    while len(merged) > 1 and total_ms - merged[-1][0] < YOUTUBE_SHORTEST_MS:
        merged.pop()
    usable = len(merged) >= YOUTUBE_FEWEST_CHAPTERS and merged[0][0] == 0
    return tuple(merged) if usable else ()


def _credits(request: PreviewRequest) -> list[str]:
    used = set(request.referenced_asset_ids())
    lines = {
        " – ".join(_plain(part) for part in (asset.credit, asset.license) if part): None
        for asset in request.assets
        if asset.id in used and (asset.credit or asset.license)
    }
    return list(lines)


def _span(timeline: Timeline, item: Cue | Chapter, mark: str) -> str:
    start, end = (ms_of_frames(frame, timeline.rate) for frame in (item.frames.start, item.frames.end))
    return f"{_time(start, mark)} --> {_time(end, mark)}"


def _time(time_ms: int, mark: str) -> str:
    seconds, milliseconds = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{milliseconds:03}"


def _clock(time_ms: int) -> str:
    """Rounded down, so that the chapter isn't over before its picture: 0:00, 1:05, 1:02:03."""
    minutes, seconds = divmod(time_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _lines(cue: Cue, clean: Callable[[str], str]) -> str:
    """The cue's lines; an empty one would end the cue for the reader."""
    return "\n".join(clean(line) or "\u00a0" for line in cue.lines)


def _plain(text: str) -> str:
    """Text without anything that a subtitle reader would take for structure: an arrow, markup, control characters."""
    visible = "".join(letter for letter in text if unicodedata.category(letter) not in {"Cc", "Cs"} or letter == "\t")
    return visible.replace("-->", "→").replace("{", "(").replace("}", ")").replace("\\N", "/N").strip()


def _escaped(text: str) -> str:
    return _plain(text).translate(_REPLACEMENTS)
