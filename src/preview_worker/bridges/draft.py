"""The payload under construction: its head, its steps with unique ids, its options and music."""

from __future__ import annotations

import math
from typing import Any

from preview_worker.bridges.assets import AssetTable
from preview_worker.bridges.looks import colour, frame_rate, frame_size, resolution
from preview_worker.bridges.naming import slug, unique, valid_identifier, valid_label
from preview_worker.bridges.node import Node, Reading
from preview_worker.bridges.words import LINE_MAX, PARAGRAPH_MAX, cut
from preview_worker.contract.finding import Location
from preview_worker.contract.kinds import StepKind
from preview_worker.contract.request import STEPS_MAX
from preview_worker.contract.step import CALLOUTS_MAX, VISUALS_MAX

GAIN_MIN_DB = -60.0
VOLUME_KEYS = ("backgroundMusicVolume", "musicVolume", "volume")
_TITLES = ("title", "gameName", "gameTitle", "name")
_PROJECTS = ("projectId", "project_id", "gameId", "slug")
_FIRST_PICTURE = "could mean any of the step's pictures; it points at the first"


class Draft:
    """Collects what a format's bridge finds, in the contract's terms.

    Attributes:
        reading: The reading of the file.
        ledger: Where remarks go.
        assets: The assets.
        language: Language tag of the payload.
        frame_px: Size of the frame as the file says it; None where it doesn't.
        frame_rate: Frames per second as the payload has them.
        project: Name of the project as the file says it, made valid; `""` where it doesn't.
        name: Name of the document as the file says it; `""` where it doesn't.
    """

    def __init__(self, reading: Reading, assets: AssetTable, *, language: str) -> None:
        self.reading = reading
        self.ledger = reading.ledger
        self.assets = assets
        self.language = language
        self.frame_px: tuple[int, int] | None = None
        self.frame_rate = 30
        self.project = ""
        self.name = ""
        self._title = ""
        self._head: dict[str, Any] = {}
        self._options: dict[str, Any] = {}
        self._steps: list[dict[str, Any]] = []
        self._step_ids: dict[str, str] = {}
        self._taken: set[str] = set()
        self._music: tuple[str, float] | None = None
        self._chapter = ""

    def read_head(self, node: Node) -> None:
        """Read what stands around the scenes: title, description, project, language, assets; what came first stays."""
        for holder in [node, *(node.node(key) for key in ("game", "project", "metadata") if _is_object(node, key))]:
            if holder is None:
                continue
            self._title = self._title or holder.text(*_TITLES, limit=LINE_MAX)
            description = holder.text("description", "subtitle", "tagline", limit=PARAGRAPH_MAX)
            self._head.setdefault("description", description or None)
            self.project = self.project or self._identifier(holder, *_PROJECTS)
            self.assets.declare(holder)
            holder.skip("language", "locale", "lang", "storyboardContractVersion", "contractVersion", "schemaVersion")
        if not self.project and isinstance(node.members.get("project"), str):
            self.project = self._identifier(node, "project")
        if not self._title and isinstance(node.members.get("game"), str):
            self._title = node.text("game", limit=LINE_MAX)
        self.name = self.name or node.name("storyboardId", "scriptId", "id")

    def read_video(self, node: Node) -> None:
        """Read resolution and frames per second into the options."""
        inner = node.node("resolution") if _is_object(node, "resolution") else None
        size = frame_size(node, inner)
        if size is not None:
            self.frame_px = size
            self._options["resolution"] = resolution(size)
            if self._options["resolution"] != f"{size[0]}x{size[1]}":
                nearest = f"isn't allowed; the nearest is {self._options['resolution']}"
                self.ledger.changed(node.at("resolution"), nearest, f"{size[0]}x{size[1]}")
        fps = frame_rate(node) or (None if inner is None else frame_rate(inner))
        if fps is not None:
            self.frame_rate = fps
            self._options["fps"] = fps

    def accent(self, node: Node, *keys: str) -> None:
        """Read the theme's accent colour; the first counts, another one is remarked."""
        found = colour(node, *keys)
        if found is None:
            return
        theme = self._options.setdefault("theme", {})
        if theme.setdefault("accent", found) != found:
            key = next(key for key in keys if node.has(key))
            self.ledger.dropped(node.at(key), f"isn't kept: a preview has one accent, {theme['accent']}", found)

    def music(self, node: Node, file_keys: tuple[str, ...], volume_keys: tuple[str, ...] = VOLUME_KEYS) -> None:
        """Read a music bed; the first counts, another one is remarked."""
        volume = node.number(*volume_keys)
        found = node.take(*file_keys)
        if found is None:
            return
        value, place = found
        if not isinstance(value, str):
            self.ledger.dropped(place, "is no file", value)
            return
        if volume is not None and volume <= 0:
            self.ledger.dropped(place, "is left out: its volume is 0", value)
            return
        asset_id = self.assets.file(value, place)
        if asset_id is None:
            return
        gain_db = -18.0 if volume is None else _gain_db(volume)
        if self._music is None:
            self._music = (asset_id, gain_db)
            if volume is not None and volume > 1:
                self.ledger.changed(place, "is louder than it can be; it plays at 0 dB", volume)
        elif self._music != (asset_id, gain_db):
            self.ledger.dropped(place, "isn't kept: a preview has one music bed, at one volume", value)

    def narration_asset(self, node: Node, *keys: str) -> str | None:
        """Return the id of a scene's recording, a path or an object with one; None where it names none."""
        found = node.take(*keys)
        if found is None:
            return None
        value, place = found
        if isinstance(value, dict):
            audio = node.reading.open(value, place)
            audio.drop("isn't needed: the recording itself is measured", "durationSec", "durationMs")
            return self.narration_asset(audio, "file", "path", "filePath", "src", "url")
        if isinstance(value, str):
            return self.assets.file(value, place)
        self.ledger.dropped(place, "is no file", value)
        return None

    def new_chapter(self, name: str) -> str | None:
        """Return the name when it begins a chapter: when it differs from the one before."""
        if not name or name == self._chapter:
            return None
        self._chapter = name
        return cut(name.replace("\n", " "), LINE_MAX)

    def add(self, node: Node, step: dict[str, Any], *, id_keys: tuple[str, ...] = ("id",)) -> None:
        """Add a step in the payload's terms; members that are None are left out.

        Its id is made valid and unique; callouts that don't say what they point at get the first picture, or the frame
        where there is none.
        """
        wished = node.name(*id_keys)
        if len(self._steps) >= STEPS_MAX:
            node.skip(*node.members)
            self.ledger.dropped(node.place, f"is one step more than the {STEPS_MAX} allowed")
            return
        step_id = unique(valid_identifier(wished, prefix="step") or f"step-{len(self._steps) + 1}", self._taken)
        self._taken.add(step_id)
        if wished:
            self._step_ids.setdefault(wished, step_id)
            if step_id != wished:
                self.ledger.changed(node.place, f"is the step {step_id} now", wished)
        visuals = self._bounded(node, step.get("visuals") or [], VISUALS_MAX, "pictures")
        _name_visuals(visuals)
        callouts = self._bounded(node, step.get("callouts") or [], CALLOUTS_MAX, "callouts")
        self._aim(node, callouts, len(visuals))
        known = {**step, "visuals": visuals or None, "callouts": callouts or None}
        self._steps.append({"id": step_id, **{key: value for key, value in known.items() if value is not None}})

    def request(self) -> dict[str, Any]:
        """Return the previewRequest."""
        opening = self._steps[0].get("title") if self._steps and self._steps[0]["kind"] == StepKind.INTRO else None
        head: dict[str, Any] = {"title": self._title or opening, **self._head, "language": self.language}
        request = {key: value for key, value in head.items() if value is not None}
        request |= {"steps": self._steps, "assets": self.assets.as_json(), "audio": self._audio()}
        if self._options:
            request["options"] = self._options
        return request

    def chapter_id(self, node: Node) -> None:
        """Read the producer's name of the chapter."""
        label = valid_label(node.name("chapterId", "id"))
        if label:
            self._head.setdefault("chapterId", label)

    @property
    def title(self) -> str:
        """Title of the tutorial, `""` where the file has none."""
        return self._title

    def step_id(self, written: str) -> str | None:
        """Return the id that a step of the file has in the payload."""
        return self._step_ids.get(written)

    def _audio(self) -> dict[str, Any]:
        if self._music is None:
            return {}
        asset_id, gain_db = self._music
        return {"music": {"assetId": asset_id, "gainDb": gain_db}}

    def _identifier(self, node: Node, *keys: str) -> str:
        written = node.name(*keys)
        return valid_identifier(written, prefix="project") or slug(written)

    def _bounded(self, node: Node, entries: list[dict[str, Any]], most: int, what: str) -> list[dict[str, Any]]:
        if len(entries) > most:
            self.ledger.dropped(node.place, f"has {len(entries)} {what}; only the first {most} are kept")
        return entries[:most]

    def _aim(self, node: Node, callouts: list[dict[str, Any]], visuals: int) -> None:
        for callout in callouts:
            if callout["kind"] == "note" or callout.get("frame"):
                continue
            if not visuals:
                callout.pop("visual", None)
                callout["frame"] = True
            elif callout.get("visual", 0) >= visuals or (visuals > 1 and "visual" not in callout):
                callout["visual"] = 0
                self.ledger.check(_place_of(node), _FIRST_PICTURE)


def _gain_db(volume: float) -> float:
    """Decibels of a linear volume: 20·log10, between −60 and 0."""
    return round(min(max(20 * math.log10(volume), GAIN_MIN_DB), 0.0), 1) + 0.0


def _is_object(node: Node, key: str) -> bool:
    return isinstance(node.members.get(key), dict)


def _place_of(node: Node) -> Location:
    return node.at("callouts") if node.has("callouts") else node.place


def _name_visuals(visuals: list[dict[str, Any]]) -> None:
    """Ids of visuals are unique in their step; a repeated one says nothing and goes."""
    seen: set[str] = set()
    for visual in visuals:
        name = visual.get("id")
        if name in seen:
            del visual["id"]
        elif name is not None:
            seen.add(name)
