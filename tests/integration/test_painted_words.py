"""Which words a step really paints, in each arrangement: those change its fingerprint, the others don't."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from itertools import combinations, product

import numpy as np
import pytest
from PIL import Image

from preview_worker.contract import PreviewRequest
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.drawing.studio import PlateCache, Studio
from preview_worker.timeline.fingerprints import fingerprints
from preview_worker.timeline.model import PictureFacts
from support.stage import stored, texture
from support.tutorials import plan

PICTURES = tuple(f"p{number}" for number in range(1, 12))
FRAMES = (12, 47)
"""Of 48: while the first and while the second of two pictures in a sequence is seen."""
POINT = {"target": {"x": 0.5, "y": 0.5, "width": 0.2, "height": 0.2}}
CORNER = {"x": 0.7, "y": 0.1, "width": 0.2, "height": 0.2}
POINTED = (0, 1, 8, 9)
"""Visuals with a callout, the ninth and the tenth among them: at most nine stand side by side."""
VISUALS = {
    "no picture": [],
    "a picture": ["p1"],
    "three pictures": ["p1", "p2", "p3"],
    "a sequence": ["p1", {"assetId": "p2", "startMs": 2000}],
    "a placed picture": ["p1", {"assetId": "p2", "placement": CORNER}],
    "eleven pictures": list(PICTURES),
}
KINDS = ("intro", "setup_step", "turn_flow", "end_card", "transition")
LAYOUTS = ("auto", "full", "picture_left", "picture_right", "grid", "text")
TEXTS = ("Own words.", "")
CASES = [
    (KINDS[(row + column) % len(KINDS)], layout, visuals, TEXTS[(row + column) % len(TEXTS)])
    for row, layout in enumerate(LAYOUTS)
    for column, visuals in enumerate(VISUALS)
]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Source and file of each picture, by its name."""
    folder = tmp_path_factory.mktemp("pictures")
    return {name: stored(folder, name, Image.fromarray(texture(160, 120, seed))) for seed, name in enumerate(PICTURES)}


@pytest.fixture(scope="module")
def facts(pictures):
    return {
        name: PictureFacts(sha256=source.sha256, width_px=160, height_px=120, has_alpha=False)
        for name, (source, _) in pictures.items()
    }


@pytest.fixture(scope="module")
def studio(pictures):
    """Keeps its pictures prepared for all cases."""
    files = {source.sha256: path for source, path in pictures.values()}
    return Studio(files, FontSet(), width_px=640, height_px=360, plates=PlateCache(1 << 30))


def raw_of(kind, layout, visuals, text):
    """A request of one step with words in every place that takes some."""
    shown = VISUALS[visuals]
    callouts = [
        {"kind": "label", "visual": index, "text": f"Mark {index}"} | POINT for index in POINTED if index < len(shown)
    ]
    callouts.append({"kind": "box", "frame": True, "text": "Frame"} | POINT)
    callouts.append({"kind": "note", "text": "Note", "placement": CORNER})
    step = {"id": "s", "kind": kind, "layout": layout, "visuals": shown, "text": text, "callouts": callouts}
    step |= {"title": "", "narration": "", "reference": "p. 4", "durationMs": 4000}
    options = {"resolution": "640x360", "fps": 12, "furniture": {"progress": False}}
    assets = [{"id": name, "uri": f"{name}.png", "alt": f"Alt {name}"} for name in PICTURES]
    request = {"title": "Moon", "description": "About.", "steps": [step], "assets": assets, "options": options}
    return request | {"audio": {}}


def edits_of(raw):
    """Where else words may stand, by the place's name: each a function that writes others there."""
    (step,) = raw["steps"]
    edits = {name: partial(written, (name,)) for name in ("title", "description")}
    edits |= {f"step's {name}": partial(written, ("steps", 0, name)) for name in ("title", "text", "reference")}
    for place in range(len(step["callouts"])):
        edits[f"callout {place}"] = partial(written, ("steps", 0, "callouts", place, "text"))
    return edits | {f"alt {place}": partial(written, ("assets", place, "alt")) for place in POINTED}


def written(path, raw):
    """A copy with other words at a place."""
    copied = value = deepcopy(raw)
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = "Something else"
    return copied


def painted(raw, facts, studio):
    """Samples of some frames of the step, one frame after the other as they are asked for."""
    clip = plan(PreviewRequest.model_validate(raw), facts).clips[0]
    painter = studio.painter(clip.scene)
    for frame in FRAMES:
        planes = painter.paint(frame, Planes.allocate(640, 360))
        yield [np.ascontiguousarray(plane).tobytes() for plane in (planes.y, planes.u, planes.v)]


def same(before, frames):
    """Whether frames are those of before; none is painted after the first that isn't."""
    return all(frame == other for frame, other in zip(before, frames, strict=True))


def text_print(raw, facts):
    return fingerprints(PreviewRequest.model_validate(raw), facts)["s"].text


def test_cases_have_every_pair_of_kind_layout_pictures_and_text():
    for (first, firsts), (second, seconds) in combinations(enumerate((KINDS, LAYOUTS, VISUALS, TEXTS)), 2):
        assert {(case[first], case[second]) for case in CASES} == set(product(firsts, seconds))


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_text_fingerprint_changes_when_painted_words_do_and_only_then(case, facts, studio):
    raw = raw_of(*case)
    before, known = list(painted(raw, facts, studio)), text_print(raw, facts)
    untold = raw
    for name, write in edits_of(raw).items():
        if text_print(write(raw), facts) == known:
            untold = write(untold)
        else:
            assert not same(before, painted(write(raw), facts, studio)), name
    assert text_print(untold, facts) == known
    assert same(before, painted(untold, facts, studio))
