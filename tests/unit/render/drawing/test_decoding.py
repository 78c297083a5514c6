from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from preview_worker.errors import AssetError
from preview_worker.render.child.drawing.decoding import opened, upright


def test_error_names_the_asset_when_the_file_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "board.png"
    path.write_bytes(b"this is no picture")
    with pytest.raises(AssetError, match="board-7") as caught, opened(path, "board-7"):
        pass
    assert caught.value.code == "asset-undecodable"
    assert not caught.value.retryable


def test_error_is_permanent_when_the_file_ends_early(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 300, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(AssetError) as caught, opened(path, "cut") as image:
        upright(image)
    assert caught.value.code == "asset-undecodable"


def test_format_is_refused_when_it_is_not_on_the_list(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    Image.new("RGB", (8, 8)).save(path, "BMP")
    with pytest.raises(AssetError), opened(path, "picture"):
        pass


def test_picture_is_refused_before_decoding_when_it_has_too_many_pixels(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    Image.new("1", (8000, 4000)).save(path)
    with pytest.raises(AssetError, match="too many pixels"), opened(path, "huge"):
        pass


def test_picture_stands_upright_when_its_orientation_is_turned(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    image = Image.new("RGB", (64, 32), (0, 0, 0))
    image.paste((255, 255, 255), (0, 0, 16, 32))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise by 90°
    image.save(path, exif=exif, quality=95)
    with opened(path, "turned") as stored:
        turned = upright(stored)
    assert turned.size == (32, 64)
    assert turned.getpixel((16, 4))[0] > 200
    assert turned.getpixel((16, 50))[0] < 50


def test_first_frame_is_shown_when_the_picture_is_animated(tmp_path: Path) -> None:
    path = tmp_path / "moving.webp"
    frames = [Image.new("RGB", (32, 32), colour) for colour in ((200, 0, 0), (0, 0, 200))]
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    with opened(path, "moving") as stored:
        assert upright(stored).convert("RGB").getpixel((5, 5)) == (200, 0, 0)


@pytest.mark.parametrize(("mode", "expected"), [("L", "RGB"), ("P", "RGB"), ("LA", "RGBA"), ("RGBA", "RGBA")])
def test_mode_is_plain_when_the_file_has_another_one(tmp_path: Path, mode: str, expected: str) -> None:
    path = tmp_path / "mode.png"
    Image.new(mode, (8, 8)).save(path)
    with opened(path, "mode") as stored:
        assert upright(stored).mode == expected


def test_sixteen_bit_grey_keeps_its_brightness_when_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((8, 8), 0x8000, np.uint16)).save(path)
    with opened(path, "deep") as stored:
        assert upright(stored).getpixel((2, 2)) == (128, 128, 128)
