"""Prints the fingerprints of a few painted frames; run in a process of its own by test_bit_stability."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
from PIL import Image

from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.planes import Planes, mix
from preview_worker.timeline.camera import still
from preview_worker.timeline.geometry import WHOLE, Box, Region
from preview_worker.timeline.scene import Background, Gradient, TextRole
from support.stage import (
    EMPTY,
    callout_of,
    fingerprint,
    painted,
    picture_of,
    stored,
    studio_of,
    text_of,
    texture,
    zoom,
)

OPENCV_AVX2 = 11
"""OpenCV's CPU_AVX2; its Python module doesn't export the name."""


def main(folder: Path) -> None:
    photo = stored(folder, "photo", Image.fromarray(texture(640, 360)))
    cut_out = Image.fromarray(texture(200, 200)).convert("RGBA")
    cut_out.putalpha(Image.fromarray(texture(200, 200, seed=2)[..., 0]))
    token = stored(folder, "token", cut_out)
    studio = studio_of(FontSet(), photo, token)
    camera = zoom(Region(x=0.07, y=0.03, width=0.81, height=0.81))
    full = replace(
        EMPTY,
        pictures=(picture_of(photo[0], camera=camera),),
        gradients=(Gradient(box=Box(x=0, y=90, width=320, height=90), colour="#05070A", strength=0.8),),
        texts=(text_of(TextRole.HEADING, "Ålesund, 50 %", Box(x=16, y=120, width=280, height=40), rise_start=2),),
        callouts=(
            callout_of("highlight", Region(x=0.3, y=0.3, width=0.2, height=0.2)),
            callout_of("circle", Region(x=0.6, y=0.3, width=0.1, height=0.1), text="Harbour"),
            callout_of("arrow", Region(x=0.3, y=0.6, width=0.05, height=0.1)),
        ),
    )
    slot = Box(x=20, y=20, width=160, height=140)
    framed = replace(
        picture_of(photo[0], Box(x=20, y=44, width=160, height=90), still(WHOLE)),
        slot=slot,
        backdrop=True,
        corner_px=8,
        shadow=True,
        opacity=0.7,
    )
    token_picture = replace(picture_of(token[0], Box(x=200, y=40, width=100, height=100), camera), shadow=True)
    split = replace(EMPTY, background=Background(colour="#151A21", source=photo[0]), pictures=(framed, token_picture))
    frames = [painted(studio.painter(scene), frame) for scene in (full, split) for frame in (4, 31)]
    mixed = Planes.allocate(320, 180)
    mix("crossfade", 0.37, frames[0], frames[2], mixed)
    for planes in (*frames, mixed):
        print(fingerprint(planes))  # noqa: T201 - the parent reads it
    print(cv2.checkHardwareSupport(OPENCV_AVX2))  # noqa: T201 - tells whether the mask took effect


if __name__ == "__main__":
    main(Path(sys.argv[1]))
