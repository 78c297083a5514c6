from __future__ import annotations

import pytest

from preview_worker.bridges.node import NO_PLACE, Reading, number_of


def opened(members, language="en"):
    reading = Reading(language)
    return reading, reading.open(members, ())


def told(reading):
    reading.close()
    return {remark.pointer: (remark.outcome.value, remark.reason) for remark in reading.ledger.remarks()}


def test_what_nobody_reads_is_told_when_the_reading_ends():
    reading, node = opened({"a": 1, "b": {"c": 2}, "blank": " ", "none": None, "empty": []})
    node.number("a")
    assert told(reading) == {"/b": ("dropped", NO_PLACE)}


def test_an_opened_object_tells_of_its_own_members_when_the_reading_ends():
    reading, node = opened({"b": {"c": 2, "d": 3}})
    inner = node.node("b")
    assert inner.number("c") == 2
    assert told(reading) == {"/b/d": ("dropped", NO_PLACE)}


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0),
        ("7", 7.0),
        (" 2,5 ", 2.5),
        ("1e2", 100.0),
        (".5", 0.5),
        (True, None),
        ("x", None),
        ("nan", None),
        (float("inf"), None),
        (10**400, None),
        ([], None),
    ],
)
def test_a_number_is_read_when_it_is_one_or_is_written_as_text(value, number):
    assert number_of(value) == number


def test_a_member_is_remarked_when_it_is_no_number():
    reading, node = opened({"x": "wide"})
    assert node.number("x") is None
    assert told(reading)["/x"] == ("dropped", "is no number")


def test_a_text_is_found_by_its_language_when_members_are_named_after_one():
    reading, node = opened({"text": "plain", "textFr": "français", "text_de": "deutsch"}, language="fr")
    assert node.text("text", limit=200) == "français"
    assert set(told(reading)) == {"/text", "/text_de"}


def test_a_text_is_taken_from_another_member_when_the_first_is_blank():
    reading, node = opened({"narration": "  ", "spokenText": "Row.\r\n"})
    assert node.text("narration", "spokenText", limit=200) == "Row."
    assert told(reading) == {}


def test_a_text_is_cut_with_a_remark_when_it_is_too_long():
    reading, node = opened({"title": "a" * 300})
    assert node.text("title", limit=200) == "a" * 199 + "…"
    assert told(reading)["/title"][0] == "changed"


def test_a_text_is_refused_with_a_remark_when_it_is_an_object():
    reading, node = opened({"title": {"bold": "x"}, "body": True})
    assert (node.text("title", limit=9), node.text("body", limit=9)) == ("", "")
    assert told(reading) == {"/title": ("dropped", "is no text"), "/body": ("dropped", "is no text")}


def test_half_characters_and_overrides_are_taken_out_with_a_remark_when_a_text_has_them():
    reading, node = opened({"title": "a\ud800b", "body": "x\u202ey"})
    assert (node.text("title", limit=9), node.text("body", limit=9)) == ("a?b", "xy")
    assert {pointer: outcome for pointer, (outcome, _) in told(reading).items()} == {
        "/title": "changed",
        "/body": "changed",
    }


def test_a_single_value_is_an_array_of_one_when_an_array_is_asked_for():
    _, node = opened({"images": "a.png", "more": ["b.png", None, "c.png"]})
    assert list(node.entries("images")) == [("a.png", ("images",))]
    assert list(node.entries("more")) == [("b.png", ("more", 0)), ("c.png", ("more", 2))]


def test_entries_that_are_no_objects_are_remarked_when_objects_are_asked_for():
    reading, node = opened({"scenes": [{"id": "a"}, "b"]})
    assert [scene.name("id") for scene in node.nodes("scenes")] == ["a"]
    assert told(reading) == {"/scenes/1": ("dropped", "is no object")}


def test_a_bare_array_has_no_name_in_its_places_when_it_stands_for_scenes():
    reading = Reading("en")
    root = reading.open_list([{"id": 7}], (), name="slides")
    (slide,) = root.nodes("slides")
    assert (slide.place, slide.name("id")) == ((0,), "7")
