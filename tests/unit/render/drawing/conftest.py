"""Fixtures of the drawing's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.timeline.scene import Source
from support.stage import stored, texture


@pytest.fixture(scope="session")
def fonts() -> FontSet:
    return FontSet()


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Source, Path]:
    return stored(tmp_path_factory.mktemp("photo"), "photo", Image.fromarray(texture(640, 360)))


@pytest.fixture(scope="session")
def grey(tmp_path_factory: pytest.TempPathFactory) -> tuple[Source, Path]:
    return stored(tmp_path_factory.mktemp("grey"), "grey", Image.new("RGB", (640, 360), (150, 150, 150)))


@pytest.fixture(scope="session")
def token(tmp_path_factory: pytest.TempPathFactory) -> tuple[Source, Path]:
    """A white square in the middle of a transparent picture."""
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (50, 50, 150, 150))
    return stored(tmp_path_factory.mktemp("token"), "token", image)
