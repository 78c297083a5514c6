"""Small scenes and pictures for the drawing's tests: 320 × 180, so that a frame costs a millisecond."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.painter import Painter
from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.drawing.studio import Studio
from preview_worker.timeline.camera import Camera, still
from preview_worker.timeline.geometry import WHOLE, Box, Region
from preview_worker.timeline.scene import (
    Background,
    Callout,
    Palette,
    Picture,
    Scene,
    Source,
    Text,
    TextRole,
)
from preview_worker.timeline.time import FrameRange

WIDTH, HEIGHT, FRAMES = 320, 180, 60
FRAME = Box(x=0, y=0, width=WIDTH, height=HEIGHT)
ALWAYS = FrameRange(start=0, end=FRAMES)
PALETTE = Palette(
    background="#151A21",
    panel="#1C232D",
    hairline="#2A3441",
    heading="#F5D76E",
    text="#F1F2F3",
    muted="#A9B4C2",
    primary="#1F7AE0",
    accent="#FFD54F",
)
EMPTY = Scene(
    width_px=WIDTH,
    height_px=HEIGHT,
    unit_px=HEIGHT / 720,
    font_scale=1.0,
    frames=FRAMES,
    palette=PALETTE,
    background=Background(colour="#151A21"),
    panels=(),
    pictures=(),
    gradients=(),
    stacks=(),
    texts=(),
    callouts=(),
    progress=None,
)


def texture(width: int, height: int, seed: int = 5) -> np.ndarray:
    """A smooth, busy picture without symmetry: ``uint8, shape (height, width, 3)``."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(30, 225, (height // 12 + 2, width // 12 + 2, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def stored(folder: Path, name: str, image: Image.Image) -> tuple[Source, Path]:
    """Save a picture as PNG and describe it."""
    path = folder / f"{name}.png"
    image.save(path)
    source = Source(
        asset_id=name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        label=path.name,
        width_px=image.width,
        height_px=image.height,
        has_alpha=image.mode == "RGBA",
    )
    return source, path


def studio_of(fonts: FontSet, *stored_pictures: tuple[Source, Path]) -> Studio:
    """A studio that knows some pictures."""
    pictures = {source.sha256: path for source, path in stored_pictures if source.sha256}
    return Studio(pictures, fonts, width_px=WIDTH, height_px=HEIGHT)


def picture_of(source: Source, box: Box = FRAME, camera: Camera | None = None) -> Picture:
    """A picture that fills a box, at rest unless a camera is given."""
    return Picture(
        source=source,
        slot=box,
        box=box,
        backdrop=False,
        corner_px=0,
        shadow=False,
        camera=camera or still(WHOLE),
        opacity=1.0,
        shown=ALWAYS,
        fade_frames=0,
    )


def zoom(end: Region, moving: FrameRange = ALWAYS) -> Camera:
    """A linear zoom from the whole picture."""
    return Camera(start=WHOLE, end=end, curve="linear", moving=moving)


def text_of(role: TextRole, text: str, box: Box, *, rise_start: int | None = None) -> Text:
    """A left-aligned text at the top of its box."""
    return Text(
        role=role,
        text=text,
        box=box,
        colour="#FFFFFF",
        align="left",
        anchor="top",
        rise_start=rise_start,
        shown=ALWAYS,
        max_lines=3,
    )


def callout_of(
    kind: str, target: Region, *, shown: FrameRange = ALWAYS, text: str = "", pulse: bool = False
) -> Callout:
    """A callout on the first picture."""
    return Callout(
        kind=kind,
        picture=0,
        target=target,
        text=text,
        number=1,
        placement=None,
        shown=shown,
        pulse=pulse,
    )


def painted(painter: Painter, frame: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Planes:
    """One frame in planes of its own."""
    planes = Planes.allocate(*size)
    planes.fill((235, 90, 90))
    return painter.paint(frame, planes).copy()


def luma_change(scene: Scene, without: Scene, studio: Studio, frame: int) -> np.ndarray:
    """How much a scene's luma differs from another's: int, shape (height, width)."""
    first, second = (painted(studio.painter(each), frame).y.astype(int) for each in (scene, without))
    return first - second


def with_callouts(scene: Scene, *callouts: Callout) -> Scene:
    """The scene with these callouts alone."""
    return replace(scene, callouts=callouts)


def fingerprint(planes: Planes) -> str:
    """SHA-256 of all samples."""
    digest = hashlib.sha256()
    for plane in (planes.y, planes.u, planes.v):
        digest.update(np.ascontiguousarray(plane))
    return digest.hexdigest()
