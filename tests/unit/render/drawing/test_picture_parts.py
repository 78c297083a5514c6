"""Of a picture file only the picture comes to a decoder, turned as its EXIF says."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from preview_worker.errors import AssetError
from preview_worker.render.child.drawing.decoding import LARGEST_FILE_BYTES, opened, upright
from preview_worker.render.child.drawing.picture_parts import UnreadablePartsError, picture_parts
from support.hostile.bombs_pictures import picture_bombs
from support.stage import texture

SECRET = b"only the author may read this"
ORIENTATIONS = range(1, 9)


def stored(suffix, **options):
    image = Image.fromarray(texture(64, 32))
    exif = Image.Exif()
    exif[0x0112] = options.pop("orientation", 1)
    exif[0x010E] = SECRET.decode()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = io.BytesIO()
    image.save(file, suffix, exif=exif, icc_profile=profile, **options)
    return file.getvalue()


@pytest.mark.parametrize("suffix", ["PNG", "JPEG", "WEBP"])
def test_picture_is_the_same_and_the_rest_is_gone_when_its_parts_are_taken(suffix):
    whole = stored(suffix, **({"lossless": True} if suffix == "WEBP" else {}))
    parts = picture_parts(whole)
    left = parts.content.getvalue()
    assert SECRET in whole
    assert SECRET not in left
    assert parts.format == suffix
    with Image.open(io.BytesIO(whole)) as before, Image.open(io.BytesIO(left)) as after:
        assert not {"exif", "icc_profile"} & after.info.keys()
        assert np.array_equal(np.asarray(before.convert("RGB")), np.asarray(after.convert("RGB")))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("suffix", ["PNG", "JPEG", "WEBP"])
def test_picture_stands_as_pillow_would_turn_it_whatever_its_orientation(tmp_path, suffix, orientation):
    from PIL import ImageOps

    path = tmp_path / "turned"
    path.write_bytes(stored(suffix, orientation=orientation))
    with opened(path, "turned") as picture:
        size_px, turned = picture.size_px, upright(picture)
    expected = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    assert turned.size == size_px == expected.size
    assert np.array_equal(np.asarray(turned), np.asarray(expected))


def test_texts_are_gone_and_transparency_stays_when_a_png_has_a_palette():
    image = Image.fromarray(texture(16, 16)).quantize(8)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("note", SECRET.decode(), zip=False)
    file = io.BytesIO()
    image.save(file, "PNG", transparency=3, pnginfo=texts)
    left = picture_parts(file.getvalue()).content
    assert SECRET not in left.getvalue()
    assert Image.open(left).info["transparency"] == 3


def test_only_the_first_frame_is_left_when_a_webp_moves():
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "green", "blue")]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    with Image.open(picture_parts(file.getvalue()).content) as image:
        assert image.n_frames == 1
        assert image.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("jpeg-5000-scans.jpg", "50 scans"),
        ("jpeg-300000-segments.jpg", "20,000 parts"),
        ("png-300000-chunks.png", "20,000 parts"),
        ("png-300000-empty-rows.png", "20,000 parts"),
        ("webp-300000-frames.webp", "20,000 parts"),
    ],
)
def test_file_is_refused_before_decoding_when_it_has_endless_parts(name, fault):
    with pytest.raises(UnreadablePartsError, match=fault):
        picture_parts(picture_bombs()[name])


def test_filling_is_skipped_at_once_when_a_jpeg_has_megabytes_of_it():
    left = picture_parts(picture_bombs()["jpeg-fill-bytes.jpg"]).content
    assert len(left.getvalue()) < 1000
    assert Image.open(left).convert("RGB").size == (16, 16)


def test_file_is_refused_unread_when_it_is_larger_than_any_picture(tmp_path):
    path = tmp_path / "vast.png"
    path.write_bytes(stored("PNG"))
    with path.open("r+b") as file:
        file.truncate(LARGEST_FILE_BYTES + 1)
    with (
        pytest.raises(AssetError, match=r"asset vast can't be decoded: it has more than 100 MB\."),
        opened(path, "vast"),
    ):
        pass


def test_decoder_that_stumbles_is_a_permanent_error_whatever_it_raises(tmp_path):
    path = tmp_path / "bad.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    with (
        pytest.raises(AssetError, match=r"asset bad can't be decoded: it is damaged\.") as refused,
        opened(path, "bad"),
    ):
        pass
    assert (refused.value.code, refused.value.retryable) == ("asset-undecodable", False)
