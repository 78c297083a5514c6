"""The files that lie beside an imported file, by name: pages and recordings that the file doesn't mention."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")
AUDIO_SUFFIXES = (".wav", ".mp3", ".m4a", ".aac", ".ogg", ".opus", ".flac")


class Nearby:
    """Paths of files, relative to the imported file's folder, `/` between parts.

    Args:
        paths: The paths. Names are compared without case and in NFC; of two files of one name the first counts.
    """

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._by_path: dict[str, str] = {}
        self._by_name: dict[str, str] = {}
        # Shallow files first: a copy in a subfolder doesn't win over the file itself.
        for path in sorted(paths, key=lambda path: (path.count("/"), path)):
            self._by_path.setdefault(_key(path), path)
            self._by_name.setdefault(_key(path.rpartition("/")[2]), path)

    def at(self, path: str) -> str | None:
        """Return the file at a path, None where there is none."""
        return self._by_path.get(_key(path))

    def named(self, name: str) -> str | None:
        """Return a file of that name in any folder, None where there is none."""
        return self._by_name.get(_key(name))

    def of_stem(self, stem: str, suffixes: Iterable[str]) -> str | None:
        """Return the file whose name is the stem with one of the suffixes, the first suffix first."""
        return next((path for suffix in suffixes if (path := self.named(stem + suffix)) is not None), None)

    def page(self, number: int) -> str | None:
        """Return the picture of a rulebook's page, as page-3.png, page_003.jpg or p3.png."""
        stems = [
            f"{word}{joint}{number:0{width}d}"
            for word in ("page", "p")
            for joint in ("-", "_", "")
            for width in (1, 2, 3)
        ]
        return next((path for stem in stems if (path := self.of_stem(stem, IMAGE_SUFFIXES)) is not None), None)


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()
