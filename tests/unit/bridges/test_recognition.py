from __future__ import annotations

import pytest

from preview_worker.bridges.recognition import TutorialFormat, recognised


@pytest.mark.parametrize(
    ("raw", "format_"),
    [
        ({"storyboardContractVersion": "1.2.0", "scenes": [{"visuals": [], "overlays": []}]}, "storyboard-1.2"),
        ({"storyboardContractVersion": "1.1.0", "scenes": []}, "storyboard-1.1"),
        ({"scenes": [{"segmentId": "x", "visuals": []}]}, "storyboard-1.1"),
        ({"scenes": [{"sectionId": "x", "spokenText": "y"}]}, "storyboard-1.2"),
        ({"sections": [{"spokenText": "y"}]}, "storyboard-1.2"),
        ({"scenes": [{"on_screen_text": "x", "narration": "y"}]}, "reviewed-script"),
        ({"video": {}, "scenes": [{"id": "x"}]}, "renderer-configuration"),
        ({"scenes": [{"narrationText": "x", "background": {}}]}, "renderer-configuration"),
        ({"slides": []}, "slide-list"),
        ([{"imageUrls": []}], "slide-list"),
        ([{"narrationText": "x", "durationInFrames": 3}], "slide-list"),
        ([{"id": "x", "body": "y"}], "chapter-steps"),
        ({"chapter": {}}, "chapter-steps"),
        ({"steps": []}, "chapter-steps"),
    ],
    ids=repr,
)
def test_a_format_is_told_by_what_a_file_holds(raw, format_):
    assert recognised(raw).format == TutorialFormat(format_)
    wrapped = recognised({"other": 1, "storyboard": raw})
    assert (wrapped.format, wrapped.place) == (format_, ("storyboard",))
