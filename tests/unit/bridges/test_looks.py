from __future__ import annotations

import pytest

from preview_worker.bridges.kinds import kind_of
from preview_worker.bridges.looks import colour, frame_rate, frame_size, resolution
from preview_worker.bridges.naming import slug, unique, valid_identifier, valid_job_id, valid_label
from preview_worker.bridges.node import Reading
from preview_worker.bridges.words import language_tag
from preview_worker.contract import Options, identifier_fault, job_id_fault


def opened(members):
    reading = Reading("en")
    return reading.open(members, ()), reading.ledger


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ((1920, 1080), "1920x1080"),
        ((3840, 2160), "1920x1080"),
        ((1080, 1920), "1080x1920"),
        ((853, 480), "852x480"),
        ((64, 36), "160x90"),
        ((100_000, 1), "1920x90"),
        ((1, 1), "160x160"),
        ((4000, 4000), "1080x1080"),
    ],
)
def test_a_resolution_is_the_nearest_allowed(written, nearest):
    assert resolution(written) == nearest
    assert Options.model_validate({"resolution": nearest}).resolution == nearest


@pytest.mark.parametrize(
    ("written", "size"),
    [("1280x720", (1280, 720)), ("720p", (1280, 720)), ("wide", None), ("1280", None), (9, None)],
)
def test_a_resolution_is_read_when_it_is_text(written, size):
    node, ledger = opened({"resolution": written})
    assert frame_size(node, None) == size
    assert len(ledger.remarks()) == (size is None)


@pytest.mark.parametrize(("fps", "nearest"), [(30, 30), (29.97, 30), (60, 30), ("24", 24), (1, 12), (20, 24)])
def test_a_frame_rate_is_the_nearest_allowed(fps, nearest):
    node, ledger = opened({"fps": fps})
    assert frame_rate(node) == nearest
    assert bool(ledger.remarks()) == (float(fps) != nearest)


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("#1f7ae0", "#1F7AE0"),
        ("abc", "#AABBCC"),
        ("#11223344", "#112233"),
        ("rgb(255, 0, 16)", "#FF0010"),
        ("rgba(0,0,0,.5)", "#000000"),
        ("white", "#FFFFFF"),
        ("rgb(300,0,0)", None),
        ("#12345", None),
        (17, None),
    ],
)
def test_a_colour_is_written_in_six_digits(written, known):
    node, _ = opened({"color": written})
    assert colour(node, "color") == known


@pytest.mark.parametrize(
    ("members", "heading", "kind"),
    [
        ({"type": "turn_flow"}, "", "turn_flow"),
        ({"type": "brand-outro"}, "", "end_card"),
        ({"type": "teaching"}, "Décompte des points", "scoring_summary"),
        ({}, "Mise en place", "setup_step"),
        ({}, "Matériel", "components_overview"),
        ({}, "Déroulement d’un tour", "turn_flow"),
        ({}, "Merci et à bientôt", "end_card"),
        ({}, "Lanterns", "setup_step"),
        ({"kind": "montage"}, "Welcome", "intro"),
    ],
)
def test_a_kind_follows_the_type_and_else_the_heading(members, heading, kind):
    node, ledger = opened(members)
    assert kind_of(node, heading).value == kind
    assert bool(ledger.remarks()) == (members.get("kind") == "montage")


@pytest.mark.parametrize("text", ["a b", "scène", "..", "CON", "7", "-x-", "a" * 300, "日本", "", "x..y.", "nul.txt"])
def test_ids_are_valid_or_empty_whatever_they_are_made_of(text):
    identifier, job = valid_identifier(text, prefix="step"), valid_job_id(text)
    assert not identifier or identifier_fault(identifier) is None
    assert not job or job_id_fault(job) is None


def test_names_are_made_plain_and_unique():
    assert slug("Été à l’île – No 2") == "ete-a-lile-no-2"
    assert valid_label(" a\tb\u202e ") == "ab"
    assert [unique("a", {"a", "a-2"}), unique("b", {"a"})] == ["a-3", "b"]


@pytest.mark.parametrize(
    ("written", "tag"),
    [("fr_CA", "fr-CA"), ("French", "fr"), ("Français", "fr"), ("en", "en"), ("??", None), ("", None)],
)
def test_a_language_is_a_tag(written, tag):
    assert language_tag(written) == tag
