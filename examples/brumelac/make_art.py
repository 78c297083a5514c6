"""Draw every picture of the example tutorial, the same bytes on every run.

Run it from anywhere: `python examples/brumelac/make_art.py`; names of pictures as arguments draw only those.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from art import boards, components
from art.scene import Anchor, Scene
from PIL import Image

HERE = Path(__file__).resolve().parent
ASSETS = HERE / "assets"
ANCHORS = HERE / "anchors.json"
JPEG_QUALITY = 86

PHOTOGRAPHS: dict[str, Callable[[], Scene]] = {
    "board": boards.whole_board,
    "table": boards.set_table,
    "rowing": boards.rowing,
    "lighting": boards.lighting,
    "dawn": boards.dawn,
    "lamps": components.lamps,
    "boats": components.boats,
    "cards": components.cards,
    "dice": components.dice,
    "oil": components.oil,
    "mat": components.mat,
}
CUTOUTS: dict[str, Callable[[], tuple[Image.Image, dict[str, Anchor]]]] = {
    "route-card": components.card_cutout,
    "lamp-token": components.lamp_cutout,
}


def main(names: list[str]) -> None:
    """Draw the named pictures, or all, and note where things are in them."""
    ASSETS.mkdir(exist_ok=True)
    anchors = json.loads(ANCHORS.read_text("utf-8")) if ANCHORS.exists() else {}
    for index, (name, draw) in enumerate(PHOTOGRAPHS.items()):
        if names and name not in names:
            continue
        scene = draw()
        path = ASSETS / f"{name}.jpg"
        scene.finished(seed=100 + index).save(path, quality=JPEG_QUALITY, optimize=True, progressive=True)
        anchors[path.name] = scene.anchors
        print(f"{path.name}: {path.stat().st_size // 1024} kB")
    for name, cut_out in CUTOUTS.items():
        if names and name not in names:
            continue
        picture, places = cut_out()
        path = ASSETS / f"{name}.png"
        picture.save(path, optimize=True)
        anchors[path.name] = places
        print(f"{path.name}: {path.stat().st_size // 1024} kB")
    ANCHORS.write_text(json.dumps(dict(sorted(anchors.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
