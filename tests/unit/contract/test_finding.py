from __future__ import annotations

from preview_worker.contract.finding import named, pointer, shortened, visible
from preview_worker.contract.guesses import Guesses


def test_pointer_escapes_when_a_key_holds_its_own_signs():
    assert pointer() == ""
    assert pointer("a/b", 0, "~") == "/a~1b/0/~0"


def test_name_reads_like_a_path_when_members_and_indices_mix():
    assert named() == "Payload"
    assert named("previewRequest", "steps", 2, "title") == "previewRequest.steps[2].title"


def test_text_is_escaped_when_a_terminal_would_obey_it():
    assert visible("é \x1b[2J\u202e\ud800") == "é \\x1b[2J\\u202e\\ud800"


def test_value_is_cut_when_it_is_long_and_left_out_when_it_is_a_container():
    assert shortened("x" * 201) == "x" * 199 + "…"
    assert shortened("\ud800") == "?"
    assert shortened({"a": 1}) is None
    assert shortened(3) == 3


def test_guess_names_the_nearest_word_when_one_is_near():
    assert Guesses().closest("Tilte", ["text", "title"]) == 'did you mean "title"?'
    assert Guesses().closest("zzz", ["text", "title"]) is None


def test_guesses_end_when_their_number_is_used_up():
    guesses = Guesses(remaining=1)
    assert guesses.closest("tilte", ["title"])
    assert guesses.closest("tilte", ["title"]) is None
