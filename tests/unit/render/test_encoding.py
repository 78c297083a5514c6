"""Encoding profiles: one per format, quality, size and rate, told apart by their identity."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from preview_worker.render.encoding import encoding_profile, font_hashes, library_versions
from support.media import profile_of, request_of


def test_identity_differs_when_any_setting_differs():
    variants = [
        {},
        {"quality": "draft"},
        {"quality": "high"},
        {"format": "webm"},
        {"format": "webm", "quality": "draft"},
        {"resolution": "320x180"},
        {"fps": 25},
    ]
    assert len({profile_of(**options).identity for options in variants}) == len(variants)


def test_identity_names_every_library_that_decides_bytes():
    told = json.loads(profile_of().identity)["libraries"]
    assert told == library_versions()
    assert {"av", "opencv-python-headless", "numpy", "pillow", "fontpkg-inter"} <= set(told)


def test_identity_differs_when_the_user_has_other_fonts(tmp_path):
    (tmp_path / "own.ttf").write_bytes(b"a font")
    own = encoding_profile(request_of(), font_hashes(tmp_path))
    assert own.identity != profile_of().identity
    (tmp_path / "own.ttf").write_bytes(b"another")
    assert encoding_profile(request_of(), font_hashes(tmp_path)).identity != own.identity
    assert font_hashes(None) == ()


@pytest.mark.parametrize(("fps", "quality", "rate"), [(30, "standard", 30), (25, "draft", Fraction(25, 2))])
def test_rate_is_halved_when_the_quality_is_draft(fps, quality, rate):
    assert profile_of(fps=fps, quality=quality).rate == rate


@pytest.mark.parametrize(
    ("kind", "quality", "codecs"),
    [("mp4", "standard", ("h264", "aac")), ("webm", "draft", ("vp8", "opus")), ("webm", "high", ("vp9", "opus"))],
)
def test_codecs_are_those_of_the_format(kind, quality, codecs):
    profile = profile_of(format=kind, quality=quality)
    assert (profile.video.codec_name, profile.sound.codec_name) == codecs
    assert profile.file_name == f"preview.{kind}"
