"""What the query of the frame route asks for."""

from __future__ import annotations

import pytest

from preview_worker.api.frame_wish import FrameQuery, placed_faults
from preview_worker.contract import PreviewRequest
from preview_worker.errors import AssetError, InvalidPayloadError
from preview_worker.render.frame import FrameWish, check_wish

REQUEST = PreviewRequest.model_validate(
    {"title": "Moon", "steps": [{"id": "board"}, {}], "assets": [], "audio": {}, "options": {"resolution": "320x180"}}
)
EMPTY = PreviewRequest.model_validate({"title": "Moon", "steps": [], "assets": [], "audio": {}})


def asked(request=REQUEST, *, step="board", at="rest", width=None):
    """The wish of a query, checked as the route checks it."""
    with placed_faults(bare=False):
        wish = FrameQuery(step=step, at=at, width=width).wish(request)
        check_wish(request, wish)
        return wish


def test_a_wish_is_at_rest_and_as_wide_as_the_video_when_only_the_step_is_named():
    assert asked() == FrameWish(step_id="board", at_ms=None, width_px=None)
    assert asked(step="step-2") == FrameWish(step_id="step-2")
    assert asked(EMPTY, step="title") == FrameWish(step_id="title")


def test_a_wish_has_the_numbers_of_the_query_when_they_are_given():
    assert asked(at="0", width="16") == FrameWish(step_id="board", at_ms=0, width_px=16)
    assert asked(at="1234", width="320") == FrameWish(step_id="board", at_ms=1234, width_px=320)


@pytest.mark.parametrize(
    ("query", "code", "place", "named"),
    [
        ({"step": None}, "step-needed", "?step", "board, step-2"),
        ({"step": "bord"}, "unknown-step", "?step", "board, step-2"),
        ({"step": ""}, "unknown-step", "?step", "board, step-2"),
        ({"at": "-1"}, "bad-time", "?at", "'-1'"),
        ({"at": "1.5"}, "bad-time", "?at", "'1.5'"),
        ({"at": ""}, "bad-time", "?at", "''"),
        ({"at": "1" * 10}, "bad-time", "?at", "1111111111"),
        ({"at": "²"}, "bad-time", "?at", "²"),
        ({"width": "wide"}, "bad-width", "?width", "'wide'"),
        ({"width": "15"}, "bad-width", "?width", "16 to 320 px"),
        ({"width": "321"}, "bad-width", "?width", "16 to 320 px"),
    ],
)
def test_a_query_is_refused_with_its_place_when_it_asks_for_nothing_there_is(query, code, place, named):
    with pytest.raises(InvalidPayloadError) as caught:
        asked(**query)
    assert (caught.value.code, caught.value.pointer) == (code, place)
    assert named in caught.value.sentence


@pytest.mark.parametrize(("bare", "place"), [(False, "/previewRequest/options/range"), (True, "/options/range")])
def test_a_fault_is_placed_in_the_body_as_sent_when_it_lies_there(bare, place):
    with pytest.raises(InvalidPayloadError) as caught, placed_faults(bare=bare):
        raise InvalidPayloadError("The range is empty.", pointer="/previewRequest/options/range")
    assert caught.value.pointer == place


def test_a_fault_has_no_place_when_it_lies_in_neither_query_nor_body():
    with pytest.raises(AssetError) as caught, placed_faults(bare=True):
        raise AssetError("It is missing.")
    assert caught.value.pointer is None
