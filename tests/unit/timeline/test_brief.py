from __future__ import annotations

from fractions import Fraction

import pytest

from preview_worker.contract import PreviewRequest
from preview_worker.timeline.brief import brief_of, facts_key, rate_of
from support.tutorials import FACTS, brief, tutorial


@pytest.mark.parametrize(
    ("fps", "quality", "rate"),
    [(30, "standard", Fraction(30)), (25, "draft", Fraction(25, 2)), (24, "high", Fraction(24))],
)
def test_rate_is_halved_when_a_draft_is_wanted(fps, quality, rate):
    assert rate_of(tutorial([], options={"fps": fps, "quality": quality})) == rate


def test_only_setup_steps_and_turns_are_numbered_when_there_are_others():
    kinds = ("intro", "setup_step", "components_overview", "turn_flow", "scoring_summary", "end_card", "transition")
    assert brief([{"id": kind, "kind": kind} for kind in kinds]).numbered == ("setup_step", "turn_flow")


def test_source_is_the_picture_when_it_was_measured():
    given = brief([{"visuals": ["token"]}])
    source = given.source_of(given.request.steps[0].visuals[0])
    assert (source.asset_id, source.sha256, source.has_alpha, source.label) == ("token", "3" * 64, True, "")


@pytest.mark.parametrize(
    ("uri", "label"),
    [("parts/gone.png", "gone.png"), ("parts\\gone.png", "gone.png"), ("data:image/png;base64,AAAA", "")],
)
def test_source_is_labelled_with_the_file_name_when_the_picture_is_missing(uri, label):
    raw = {"steps": [{"visuals": ["lost"]}], "assets": [{"id": "lost", "uri": uri}], "audio": {}}
    given = brief_of(PreviewRequest.model_validate(raw), FACTS)
    source = given.source_of(given.request.steps[0].visuals[0])
    assert (source.asset_id, source.sha256, source.label) == ("lost", None, label)


def test_picture_by_path_has_a_key_of_its_own_when_it_is_no_asset():
    given = brief([{"visuals": ["more/a.png", "board"]}])
    assert [facts_key(visual) for visual in given.request.steps[0].visuals] == ["path:more/a.png", "board"]


def test_first_picture_is_the_first_opaque_one_that_is_there_when_others_come_before():
    given = brief([{}, {"visuals": ["lost", "token"]}, {"visuals": ["card"]}, {"visuals": ["board"]}])
    first = given.first_picture()
    assert first is not None
    assert first.asset_id == "card"
    assert brief([{"visuals": ["lost"]}]).first_picture() is None


def test_facts_are_none_when_no_asset_is_named_or_known():
    given = brief([])
    assert given.facts_of(None) is None
    assert given.facts_of("unknown") is None
    assert given.facts_of("board") == FACTS["board"]
