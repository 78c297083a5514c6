from __future__ import annotations

import pytest

from preview_worker.bridges.nearby import Nearby
from preview_worker.bridges.places import NoPlaceError, is_audio, reduced, stem_of


@pytest.mark.parametrize(
    ("written", "uri", "is_changed"),
    [
        ("images/a.png", "images/a.png", False),
        ("./images\\a.png", "images/a.png", False),
        (' "a b.png" ', "a b.png", False),
        ("C:\\Users\\x\\a.png\r", "a.png", True),
        ("\\\\server\\share\\a.png", "a.png", True),
        ("/srv/a.png", "a.png", True),
        ("~/a.png", "a.png", True),
        ("../../a.png", "a.png", True),
        ("file:///C:/x/a%20b.png", "a%20b.png", True),
        ("http://localhost:5001/uploads/a.png?v=2#top", "a.png", True),
        ("s3://bucket/a.png", "a.png", True),
        ("https://example.org/a.png?v=2", "https://example.org/a.png?v=2", False),
        ("https://elsewhere.org/pictures/a.png?v=2", "a.png", True),
        ("data:image/png;base64,AAAA", "data:image/png;base64,AAAA", False),
    ],
)
def test_a_place_is_kept_or_reduced_to_its_name(written, uri, is_changed):
    place = reduced(written, {"example.org"})
    assert (place.uri, place.changed is not None) == (uri, is_changed)


@pytest.mark.parametrize(
    "written",
    [
        "",
        " \r\n",
        '""',
        "C:\\",
        "/",
        "..",
        "https://",
        "https://h.org/?a.png",
        "http:",
        "data:text/plain,x",
        "a" * 3000,
    ],
)
def test_a_text_is_refused_when_it_names_no_file(written):
    with pytest.raises(NoPlaceError):
        reduced(written)


def test_a_stem_and_a_sound_are_told_by_the_name():
    assert (stem_of("a/b.c.png"), stem_of("https://h/x/y.jpg?z=1"), stem_of("data:image/png;base64,AA")) == (
        "b.c",
        "y",
        "",
    )
    assert is_audio("x.WAV")
    assert not is_audio("x.png")


def test_files_beside_are_found_without_case_and_the_nearest_first():
    nearby = Nearby(["deep/er/A.PNG", "deep/a.png", "p-07.jpg", "pages/page_12.webp"])
    assert nearby.named("a.png") == "deep/a.png"
    assert nearby.of_stem("a", (".jpg", ".png")) == "deep/a.png"
    assert (nearby.page(7), nearby.page(12), nearby.page(1)) == ("p-07.jpg", "pages/page_12.webp", None)
    assert nearby.at("deep/er/a.png") == "deep/er/A.PNG"
