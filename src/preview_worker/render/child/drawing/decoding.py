"""Reading a picture file: three formats, bounded pixels, upright, its first frame only, 8-bit sRGB or with opacity."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from preview_worker.errors import AssetError

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = 25_000_000
_WIDE_MODES = frozenset({"I", "I;16", "I;16B", "I;16L"})


@contextmanager
def opened(path: Path, name: str, formats: tuple[str, ...] = FORMATS) -> Iterator[Image.Image]:
    """Open a picture without decoding it, its size checked.

    Args:
        path: The file.
        name: The asset's id, for the error's sentence.
        formats: What it may be. Pillow imports the readers of all formats it has, for 60 ms, unless the one at hand,
            told by the file's suffix, is the only one that may be.

    Raises:
        AssetError: No PNG, JPEG or WebP, damaged, or more than 25 million pixels; permanent, ``asset-undecodable``.
    """
    asset = name.removeprefix("path:")
    try:
        with Image.open(path, formats=formats) as image:
            if image.width * image.height > MAX_PIXELS:
                raise AssetError(
                    f"Picture {asset} has {image.width} × {image.height} pixels, more than the allowed {MAX_PIXELS:,}.",
                    code="asset-undecodable",
                    hint="Save it smaller; 3840 pixels on the long side are plenty.",
                )
            yield image
    # Pillow's decoders raise these on damaged files; SyntaxError is its PNG reader's word for a broken chunk.
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise AssetError(
            f"Picture {asset} can't be decoded: it is damaged, or no PNG, JPEG or WebP.",
            code="asset-undecodable",
            hint="Open it in an image editor and save it again as PNG or JPEG.",
        ) from error


def upright(image: Image.Image, least_px: tuple[int, int] | None = None) -> Image.Image:
    """Decode an opened picture to mode RGB or RGBA, turned as its EXIF orientation says.

    Args:
        image: An opened picture.
        least_px: Width and height that are enough: a JPEG may be decoded at a half, quarter or eighth of its size.
    """
    if least_px is not None:
        # Before its orientation is applied sides may be swapped; the larger of the two is enough for both.
        side = max(least_px)
        image.draft("RGB", (side, side))
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode in _WIDE_MODES:
        return Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)).convert("RGB")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    # Pillow would copy a picture that has its mode already.
    return image if image.mode == mode else image.convert(mode)
