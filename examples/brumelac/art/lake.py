"""The lake itself: one field of heights, cut into sheets of coloured paper that lie on each other."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from art.palette import SHEETS
from art.surface import Field, grained, noise

# Everything on the board is placed in board units; the board is 1760 × 1280 of them.
BOARD_WIDTH, BOARD_HEIGHT = 1760, 1280
MAP = (52, 52, 1708, 1092)
ISLANDS: dict[str, tuple[float, float]] = {
    "Héron": (392, 322),
    "Écluse": (806, 262),
    "Saule": (1222, 304),
    "Grise": (300, 640),
    "Menhir": (690, 590),
    "Loutre": (1072, 610),
    "Brochet": (1462, 566),
    "Joncs": (520, 892),
    "Ancre": (958, 906),
}
CHANNELS: tuple[tuple[str, str, float], ...] = (
    ("Héron", "Écluse", 0.12),
    ("Écluse", "Saule", -0.10),
    ("Héron", "Grise", -0.14),
    ("Héron", "Menhir", 0.10),
    ("Écluse", "Menhir", 0.12),
    ("Saule", "Loutre", 0.12),
    ("Saule", "Brochet", 0.14),
    ("Grise", "Menhir", 0.10),
    ("Menhir", "Loutre", -0.12),
    ("Loutre", "Brochet", 0.12),
    ("Grise", "Joncs", -0.12),
    ("Menhir", "Joncs", 0.12),
    ("Loutre", "Ancre", 0.10),
    ("Joncs", "Ancre", 0.12),
    ("Ancre", "Vieux-Quai", 0.10),
    ("Brochet", "Vieux-Quai", 0.12),
)
QUAY = (1372, 872)
RING_RADIUS = 30
_RING_OFFSETS = ((-44.0, -22.0), (44.0, -22.0), (0.0, 50.0))
# Heights, in board units above the waterline, at which each sheet of SHEETS but the first begins.
_STEPS = (-150.0, -96.0, -54.0, -20.0, 0.0, 15.0, 34.0, 66.0)
_ISLAND_RADIUS = 128.0
_SHEET_SHADOW = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A part of the board and how large it is drawn: left, top, width, height in board units, scale in px per unit."""

    left: float = 0
    top: float = 0
    width: float = BOARD_WIDTH
    height: float = BOARD_HEIGHT
    scale: float = 1

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the drawing."""
        return round(self.width * self.scale), round(self.height * self.scale)

    def at(self, point: tuple[float, float]) -> tuple[float, float]:
        """Board units to pixels of the drawing."""
        return (point[0] - self.left) * self.scale, (point[1] - self.top) * self.scale

    def share(self, point: tuple[float, float]) -> tuple[float, float]:
        """Board units to fractions of the drawing."""
        return (point[0] - self.left) / self.width, (point[1] - self.top) / self.height


def ring_centres(island: str) -> tuple[tuple[float, float], ...]:
    """The three places for lamps on an island, in board units."""
    x, y = ISLANDS[island]
    return tuple((x + dx, y + dy) for dx, dy in _RING_OFFSETS)


def place_of(name: str) -> tuple[float, float]:
    """Where an island or the quay lies, in board units."""
    return QUAY if name == "Vieux-Quai" else ISLANDS[name]


def draw_lake(view: View) -> Image.Image:
    """Draw the map's papers, without anything printed on them, for the whole view."""
    heights = _heights(view)
    picture = grained(Image.new("RGB", view.size_px, SHEETS[0]), seed=11, strength=0.012, cell_px=2.5 * view.scale)
    for index, (step, sheet) in enumerate(zip(_STEPS, SHEETS[1:], strict=True)):
        mask = Image.fromarray((np.clip((heights - step) * view.scale + 0.5, 0, 1) * 255).astype(np.uint8))
        depth = _SHEET_SHADOW * view.scale * (1.15 if step >= 0 else 0.9)
        for blur, strength in ((depth * 1.3, 0.34), (depth * 0.35, 0.26)):
            shade = Image.new("L", mask.size, 0)
            shade.paste(mask, (round(depth * 0.5), round(depth * 0.9)))
            shade = shade.filter(ImageFilter.GaussianBlur(blur)).point([int(v * strength) for v in range(256)])
            picture.paste((10, 20, 30), (0, 0), shade)
        paper = grained(Image.new("RGB", view.size_px, sheet), seed=20 + index, strength=0.02, cell_px=2.5 * view.scale)
        picture.paste(paper, (0, 0), mask)
        _cut_edge(picture, mask, view.scale)
    return picture


def _cut_edge(picture: Image.Image, mask: Image.Image, scale: float) -> None:
    """Light the fresh cut of a sheet, where it faces the lamp."""
    shifted = Image.new("L", mask.size, 0)
    shifted.paste(mask, (max(1, round(1.1 * scale)), max(1, round(1.6 * scale))))
    rim = np.clip(np.asarray(mask, dtype=np.int16) - np.asarray(shifted, dtype=np.int16), 0, 255) * 0.30
    picture.paste((255, 246, 224), (0, 0), Image.fromarray(rim.astype(np.uint8)))


def _heights(view: View) -> Field:
    """Heights above the water, float32, shape (height_px, width_px), in board units."""
    width, height = view.size_px
    x = (np.arange(width, dtype=np.float32) + 0.5)[None, :] / view.scale + view.left
    y = (np.arange(height, dtype=np.float32) + 0.5)[:, None] / view.scale + view.top
    warp_x, warp_y = _board_noise(view, 150, 3) * 20, _board_noise(view, 150, 4) * 20
    x, y = x + warp_x, y + warp_y
    across, down = np.abs((x - 880) / 905), np.abs((y - 572) / 600)
    shore = (np.power(across**2.7 + down**2.7, 1 / 2.7) - 0.90) * 520
    sharpness = 1 / 26
    total = np.exp(np.clip(shore * sharpness, -30, 30))
    for name, (centre_x, centre_y) in ISLANDS.items():
        stretch = 0.86 + 0.03 * (sum(name.encode()) % 6)
        distance = np.sqrt(np.square((x - centre_x) * stretch) + np.square((y - centre_y - 6) / (stretch + 0.05)))
        total += np.exp(np.clip((_ISLAND_RADIUS - 6 - distance) * 0.86 * sharpness, -30, 30))
    quay = np.sqrt(np.square(x - QUAY[0]) + np.square((y - QUAY[1]) * 1.5))
    total += np.exp(np.clip((104 - quay) * 0.62 * sharpness, -30, 30))
    return (np.log(total) / sharpness + _board_noise(view, 62, 5) * 5).astype(np.float32)


def _board_noise(view: View, cell: float, seed: int) -> Field:
    """Noise that belongs to the board: the same lumps at the same places in every view, drawn smoothly."""
    lumps = noise((round(BOARD_WIDTH / 4), round(BOARD_HEIGHT / 4)), (cell / 4, cell / 4), seed)
    box = (view.left / 4, view.top / 4, (view.left + view.width) / 4, (view.top + view.height) / 4)
    image = Image.fromarray(np.ascontiguousarray(lumps))
    return np.asarray(image.resize(view.size_px, Image.Resampling.BICUBIC, box=box), dtype=np.float32)
