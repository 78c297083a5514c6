"""Reading a picture file: three formats, bounded pixels, upright, its first frame only, 8-bit sRGB or with opacity."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Named, so that Pillow needn't import the readers of all formats it has, for 60 ms, to find the one.
from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401

from preview_worker.errors import AssetError, PreviewError
from preview_worker.render.child.drawing.picture_parts import PictureParts, UnreadablePartsError, picture_parts
from preview_worker.timeline.voices import file_in_words

FORMATS = "PNG, JPEG or WEBP"
MAX_PIXELS = 25_000_000
LARGEST_FILE_BYTES = 100_000_000
"""As many as the most pixels have in RGBA; the file is held in memory."""
SMALLER_HINT = "Save it smaller; 3840 pixels on the long side are plenty."
_WIDE_MODES = frozenset({"I", "I;16", "I;16B", "I;16L"})
_SWAPS_SIDES = 5
"""From this orientation on the sides are swapped."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_FILTERING = threading.Lock()
"""Filters of warnings are the whole process's: one thread at a time may change them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedPicture:
    """A picture before it is decoded: as it is stored, and how it is to be turned (EXIF's number, 1 to 8)."""

    stored: Image.Image
    orientation: int

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height once it stands upright."""
        width, height = self.stored.size
        return (height, width) if self.orientation >= _SWAPS_SIDES else (width, height)


@contextmanager
def opened(path: Path, name: str) -> Iterator[OpenedPicture]:
    """Open a picture without decoding it, its size checked; the block may decode it, and do nothing else.

    Decoders see nothing of the file but the picture (`picture_parts`). Damaged ones make them raise anything from
    IndexError to MemoryError, so that no list would be complete.

    Args:
        path: The file.
        name: The asset's id, for the error's sentence.

    Raises:
        AssetError: No PNG, JPEG or WebP, damaged, or more than 25 million pixels; permanent, ``asset-undecodable``.
    """
    with _decoding(name):
        parts = _parts_of(path, name)
        with _image(parts) as image:
            _check_size(image, name)
            yield OpenedPicture(stored=image, orientation=parts.orientation)


def upright(picture: OpenedPicture, least_px: tuple[int, int] | None = None) -> Image.Image:
    """Decode an opened picture to mode RGB or RGBA, turned as its EXIF orientation says.

    Args:
        picture: An opened picture.
        least_px: Width and height that are enough: a JPEG may be decoded at a half, quarter or eighth of its size.
    """
    image = picture.stored
    if least_px is not None:
        # Before its orientation is applied sides may be swapped; the larger of the two is enough for both.
        side = max(least_px)
        image.draft("RGB", (side, side))
    image.load()
    if (turn := _TURNS.get(picture.orientation)) is not None:
        image = image.transpose(turn)
    if image.mode in _WIDE_MODES:
        return Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)).convert("RGB")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    # Pillow would copy a picture that has its mode already.
    return image if image.mode == mode else image.convert(mode)


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    try:
        yield
    except PreviewError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(name) from error
    except UnreadablePartsError as error:
        raise _refusal(name, str(error)) from error
    except Exception as error:
        raise _refusal(name, "it is damaged") from error


def _parts_of(path: Path, name: str) -> PictureParts:
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise _refusal(name, f"it has more than {LARGEST_FILE_BYTES // 1_000_000} MB", SMALLER_HINT)
    parts = picture_parts(path.read_bytes())
    if parts is None:
        raise _refusal(name, "it is not a picture we read")
    return parts


def _check_size(image: Image.Image, name: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(name)


def _image(parts: PictureParts) -> Image.Image:
    """Open what is left of a file; how large is too large is ours to say, so that Pillow's warning is none to us."""
    with _FILTERING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Image.open(parts.content, formats=(parts.format,))


def _too_large(name: str) -> AssetError:
    return _refusal(name, f"it has too many pixels (limit {MAX_PIXELS // 1_000_000} million)", SMALLER_HINT)


def _refusal(name: str, reason: str, hint: str = f"Export it again as {FORMATS}.") -> AssetError:
    return AssetError(f"{file_in_words(name)} can't be decoded: {reason}.", code="asset-undecodable", hint=hint)
