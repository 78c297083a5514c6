"""Materials and light: noise, paper grain, the walnut table, shadows, lamp glow, the finished photograph."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from art.palette import Colour

# The lamp over the table hangs at the top left, so shadows fall to the bottom right.
SHADOW_DIRECTION = (0.55, 0.83)
Field = NDArray[np.float32]


def noise(size_px: tuple[int, int], cell_px: tuple[float, float], seed: int) -> Field:
    """Smooth noise, float32, shape (height_px, width_px), mean 0, deviation about 1, with lumps of the cell's size."""
    width, height = size_px
    columns, rows = int(width / cell_px[0]) + 3, int(height / cell_px[1]) + 3
    lumps = np.random.default_rng(seed).standard_normal((rows, columns)).astype(np.float32)
    big = Image.fromarray(lumps).resize(
        (width, height), Image.Resampling.BICUBIC, box=(0.5, 0.5, 0.5 + width / cell_px[0], 0.5 + height / cell_px[1])
    )
    return np.asarray(big, dtype=np.float32)


def shaded(picture: Image.Image, factor: Field) -> Image.Image:
    """Return the picture with each pixel's brightness multiplied."""
    bands = np.asarray(picture.convert("RGB"), dtype=np.float32)
    result = Image.fromarray(np.clip(bands * factor[..., None], 0, 255).astype(np.uint8))
    if picture.mode == "RGBA":
        result.putalpha(picture.getchannel("A"))
    return result


def grained(picture: Image.Image, seed: int, strength: float = 0.018, cell_px: float = 3.0) -> Image.Image:
    """Return the picture with the fine tooth and the faint clouds of good paper."""
    tooth = noise(picture.size, (cell_px, cell_px), seed) * strength
    clouds = noise(picture.size, (picture.width / 6, picture.height / 6), seed + 1) * strength * 0.8
    return shaded(picture, 1 + tooth + clouds)


def walnut(size_px: tuple[int, int], seed: int) -> Image.Image:
    """Draw a table of oiled walnut boards that run from left to right."""
    width, height = size_px
    boards = 4
    board_height = height / boards
    rows = np.arange(height, dtype=np.float32)[:, None]
    wander = noise(size_px, (width / 3, height / 14), seed) * height * 0.009
    board = np.floor(rows / board_height)
    shift = np.random.default_rng(seed).uniform(0, 100, boards + 1).astype(np.float32)[board.astype(int)]
    rings = (
        np.sin((rows + wander * 3.2) / height * 150 + shift) * 0.5 + noise(size_px, (width / 2.2, 7), seed + 2) * 0.5
    )
    pores = np.minimum(0, noise(size_px, (width / 24, 3), seed + 3) + 1.25)
    tone = 1 + rings * 0.055 + pores * 0.10 + (np.sin(shift * 7) * 0.05)
    inside = rows - board * board_height
    seam = np.exp(-np.square(inside / (height * 0.0016))) * 0.55
    base = np.array([96, 65, 47], dtype=np.float32) * (tone - seam)[..., None]
    base[..., 2] -= rings * 3
    return Image.fromarray(np.clip(base, 0, 255).astype(np.uint8))


def lit(picture: Image.Image, seed: int) -> Image.Image:
    """Return the finished photograph: warm light from the top left, darker corners, a breath of film grain."""
    width, height = picture.size
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    falloff = np.square(across + 0.35) * 0.55 + np.square(down + 0.4) * 0.6
    light = 1.10 - 0.16 * falloff
    grain = np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32) * 1.1
    bands = np.asarray(picture, dtype=np.float32) * light[..., None]
    warmth = np.array([1.015, 1.0, 0.972], dtype=np.float32)
    bands = 255 * np.clip(bands * warmth / 255, 0, None) ** 0.97
    return Image.fromarray(np.clip(bands + grain[..., None], 0, 255).astype(np.uint8))


def cast_shadow(
    picture: Image.Image, mask: Image.Image, corner: tuple[int, int], height_px: float, strength: float = 0.62
) -> None:
    """Darken the picture where a piece of some height shades it.

    Args:
        picture: Drawn on in place.
        mask: The piece's outline, mode L.
        corner: Where the mask's top left pixel lies.
        height_px: How high the piece's top stands above what it lies on.
        strength: 1 is black.
    """
    _soften(picture, mask, corner, offset_px=height_px * 0.25, blur_px=height_px * 0.28, strength=strength * 0.75)
    _soften(picture, mask, corner, offset_px=height_px, blur_px=height_px * 0.95, strength=strength * 0.7)


def _soften(
    picture: Image.Image,
    mask: Image.Image,
    corner: tuple[int, int],
    *,
    offset_px: float,
    blur_px: float,
    strength: float,
) -> None:
    margin = int(blur_px * 3) + 2
    wide = Image.new("L", (mask.width + 2 * margin, mask.height + 2 * margin), 0)
    wide.paste(mask, (margin, margin))
    wide = wide.filter(ImageFilter.GaussianBlur(blur_px)).point(lambda value: int(value * strength))
    left = round(corner[0] - margin + offset_px * SHADOW_DIRECTION[0])
    top = round(corner[1] - margin + offset_px * SHADOW_DIRECTION[1])
    picture.paste((16, 11, 12), (left, top), wide)


def glow(picture: Image.Image, centre: tuple[float, float], radius_px: float, colour: Colour, strength: float) -> None:
    """Add a lamp's light around a point."""
    side = int(radius_px * 2)
    axis = np.linspace(-1, 1, side, dtype=np.float32)
    distance = np.sqrt(np.square(axis[None, :]) + np.square(axis[:, None]))
    halo = np.square(np.clip(1 - distance, 0, 1)) * strength
    light = Image.fromarray((halo[..., None] * np.array(colour, dtype=np.float32)).clip(0, 255).astype(np.uint8))
    left, top = round(centre[0] - radius_px), round(centre[1] - radius_px)
    behind = picture.crop((left, top, left + side, top + side)).convert("RGB")
    picture.paste(ImageChops.screen(behind, light), (left, top))
