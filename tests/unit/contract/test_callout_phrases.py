"""Phrases of the narration by which callouts come and go."""

from __future__ import annotations

import pytest

from preview_worker.contract import Code, validate_job
from preview_worker.contract.guesses import Guesses
from preview_worker.contract.phrases import nearest_phrase, phrase_start, tokens_of
from support.effort import calls_of

TEXT = "Take two cards from the deck. Put the first card on the table, and keep the other."


def verdict(callout, **step):
    note = {"kind": "note", "text": "x", "placement": {"x": 0, "y": 0, "width": 1, "height": 1}, **callout}
    request = {"steps": [{"text": TEXT, **step, "callouts": [note]}], "assets": [], "audio": {}}
    return validate_job(
        {"jobId": "job", "projectId": "p", "requestId": "r", "dryRun": False, "previewRequest": request}
    )


def errors(callout, **step):
    return [
        (finding.pointer.rpartition("/")[2], finding.code, finding.hint) for finding in verdict(callout, **step).errors
    ]


@pytest.mark.parametrize(
    "callout",
    [
        {"at": "two cards"},
        {"at": "TWO, cards", "until": "first card"},
        {"at": "the deck Put"},
        {"at": "Put", "until": "Put"},
        {"at": "deck", "endMs": 90_000},
        {"startMs": 0, "until": "other"},
        {"at": None, "until": None},
    ],
)
def test_payload_is_valid_when_the_narration_says_the_phrases(callout):
    job = verdict(callout).job
    assert job is not None
    assert job.preview_request.steps[0].callouts[0].at == callout.get("at")


def test_nearest_words_are_told_when_a_phrase_is_misspelt():
    assert errors({"at": "frist card"}) == [("at", Code.UNKNOWN_PHRASE, 'did you mean "first card"?')]
    assert errors({"until": "tabel"}) == [("until", Code.UNKNOWN_PHRASE, 'did you mean "table"?')]


def test_next_step_is_told_when_nothing_is_like_the_phrase():
    hint = "write the words as they stand in the narration"
    assert errors({"at": "zzzz qqqq"}) == [("at", Code.UNKNOWN_PHRASE, hint)]


def test_part_of_a_word_is_no_phrase_when_it_stands_alone():
    assert [code for _, code, _ in errors({"at": "car"})] == [Code.UNKNOWN_PHRASE]


def test_both_ways_to_say_when_are_an_error_when_they_stand_together():
    assert errors({"at": "two", "startMs": 0, "until": "deck", "endMs": 900}) == [
        ("at", Code.CONFLICT, None),
        ("until", Code.CONFLICT, None),
    ]


def test_until_is_an_error_when_it_is_only_said_before_at():
    assert errors({"at": "Put", "until": "deck"}) == [("until", Code.BAD_INTERVAL, "name words that come later")]


@pytest.mark.parametrize("step", [{"narration": ""}, {"kind": "intro"}, {"narration": " … "}])
def test_phrase_is_an_error_when_the_step_says_nothing(step):
    assert errors({"at": "two"}, **step) == [
        ("at", Code.UNKNOWN_PHRASE, "give the step a narration, or use startMs and endMs")
    ]


def test_phrase_is_looked_for_in_what_is_said_when_the_step_also_has_text():
    assert [code for _, code, _ in errors({"at": "two"}, narration="Nothing of that.")] == [Code.UNKNOWN_PHRASE]


def test_phrase_is_an_error_when_it_has_no_words():
    assert errors({"at": " ,"}) == [("at", Code.EMPTY, "write words of the narration")]


def test_tokens_are_letters_alone_when_scripts_have_no_spaces():
    assert tokens_of("L'Été: 12 %") == ("l", "ete", "12")
    assert phrase_start(tokens_of("札を二枚引く。"), tokens_of("二枚")) == 2


def test_guesses_take_little_time_when_narrations_are_long():
    words = " ".join(f"word{number}" for number in range(1000))
    guesses = Guesses()
    hints = [nearest_phrase(words, "wrod77 wrod78", guesses) for _ in range(20)]
    assert hints[0] is not None
    assert hints[-1] is None


def test_a_phrase_takes_no_more_calls_when_the_narration_is_long_and_repeats():
    def effort(words):
        said = tokens_of("a " * words)
        return calls_of(lambda: phrase_start(said, (*said[:99], "b")))

    said = tokens_of("a " * 4000)
    assert phrase_start(said, said[:99], 3901) == 3901
    assert effort(4000) == effort(200)
