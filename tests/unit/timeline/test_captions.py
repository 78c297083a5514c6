from __future__ import annotations

import pytest

from preview_worker.timeline.captions import reading_notes
from preview_worker.timeline.model import Cue
from preview_worker.timeline.time import FrameRange
from preview_worker.timeline.word_breaks import width_of
from support.captions import RATE, cut_cues


def cues_of(text, *, frames=900, start=0):
    return cut_cues(text, FrameRange(start=start, end=start + frames))


def lines_of(text, *, frames=900):
    return [cue.lines for cue in cues_of(text, frames=frames)]


def test_each_sentence_is_a_cue_when_it_fits_two_lines():
    assert lines_of("Place the board in the middle of the table. Shuffle the cards!") == [
        ("Place the board", "in the middle of the table."),
        ("Shuffle the cards!",),
    ]


def test_lines_are_balanced_when_a_cue_needs_two():
    (lines,) = lines_of("Every player takes five cards and puts two of them aside.")
    assert lines == ("Every player takes five cards", "and puts two of them aside.")


def test_long_sentence_is_parted_at_a_clause_when_there_is_one_late_enough():
    lines = lines_of(
        "When the last card of the river has been turned over by one of the players, the round is over and all count."
    )
    assert " ".join(lines[0]).endswith("players,")


def test_long_sentence_is_parted_evenly_when_it_has_no_clause():
    lines = lines_of("word " * 30)
    lengths = [len(" ".join(cue)) for cue in lines]
    assert len(lengths) == 2
    assert max(lengths) - min(lengths) <= 2 * len("word ")


def test_french_punctuation_stays_with_its_word_when_a_space_stands_before_it():
    assert lines_of("Attention ! Le port est plein ; attendez : « ici » coûte 100 % de plus.") == [
        ("Attention\u00a0!",),
        ("Le port est plein\u00a0; attendez\u00a0:", "«\u00a0ici\u00a0» coûte 100\u00a0% de plus."),
    ]


def test_sentence_ends_behind_its_quotation_mark_when_it_is_quoted():
    assert lines_of("Il dit : « Partez ! » Puis il part.") == [
        ("Il dit\u00a0: «\u00a0Partez\u00a0!\u00a0»",),
        ("Puis il part.",),
    ]


def test_repeated_marks_stay_together_when_spaces_part_them():
    assert lines_of("Quoi ? ! Encore.") == [("Quoi\u00a0?\u00a0!",), ("Encore.",)]


def test_number_is_no_end_of_a_sentence_when_it_has_a_point():
    assert lines_of("It takes 2.5 minutes, i.e. no time.", frames=60) == [("It takes 2.5 minutes, i.e. no time.",)]


def test_word_is_broken_in_a_cue_of_its_own_when_it_is_longer_than_a_line():
    word = "x" * 60
    assert lines_of(f"See {word} now.") == [("See",), ("x" * 30, "x" * 30), ("now.",)]


def test_word_is_spread_over_cues_when_it_is_longer_than_two_lines():
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsversammlung"
    cues = lines_of(f"Die {word} tagt.", frames=600)
    assert "".join(line for cue in cues for line in cue) == f"Die{word}tagt."
    assert len(cues) > 1
    assert max(width_of(line) for cue in cues for line in cue) <= 42
    (whole,) = lines_of(word[:84])
    assert (len(whole), "".join(whole)) == (2, word[:84])


def test_short_cues_are_joined_when_they_would_stand_for_less_than_a_second():
    assert lines_of("Yes. No. We shall see what comes.", frames=90) == [("Yes. No. We shall see what comes.",)]


def test_cues_share_the_speech_by_length_when_there_are_several():
    first, second = cues_of("Twelve chars. Exactly twice that much here.", frames=400, start=100)
    assert (first.frames.start, second.frames.end) == (100, 500)
    assert first.frames.end == second.frames.start
    assert len(second.frames) > 2 * len(first.frames)


def test_every_cue_lasts_a_frame_when_time_is_short():
    text = "Surely not! " + "A considerably longer sentence, as long as two full lines of captions may be. " * 2
    cues = cues_of(text, frames=3)
    assert [len(cue.frames) for cue in cues] == [1, 1, 1]


def test_last_cues_are_left_out_when_there_are_fewer_frames_than_cues():
    cues = cues_of("A considerably longer sentence, as long as two full lines of captions may be. " * 3, frames=2)
    assert [len(cue.frames) for cue in cues] == [1, 1]


def test_there_is_no_cue_when_nothing_is_said_or_heard():
    assert cues_of("") == ()
    assert cues_of(" \n ") == ()
    assert cues_of("\u00a0 \u2003") == ()
    assert cues_of("Words.", frames=0) == ()


def test_narration_without_punctuation_is_cut_in_no_time_when_it_is_long():
    cues = cues_of("word " * 1600, frames=30_000)
    assert sum(len(line.split()) for cue in cues for line in cue.lines) == 1600


def test_note_names_the_pace_when_a_cue_must_be_read_too_fast():
    (note,) = reading_notes(cues_of("Thirty-five characters in a second.", frames=30, start=60), RATE)
    assert (note.code, note.at_ms, note.value, note.limit) == ("caption-fast", 2000, 35.0, 17)
    assert reading_notes(cues_of("Seventeen letters", frames=30), RATE) == ()


def test_one_note_tells_the_number_and_the_fastest_when_several_cues_of_a_step_are_too_fast():
    slow, fast = "Exactly thirty characters long.", "Exactly thirty characters long, and then as many again."
    first = Cue(frames=FrameRange(start=0, end=30), lines=(slow,), step_id="a")
    second = Cue(frames=FrameRange(start=30, end=60), lines=(fast,), step_id="a")
    other = Cue(frames=FrameRange(start=60, end=90), lines=(slow,), step_id="b")
    notes = reading_notes((first, second, other), RATE)
    assert [(note.step_id, note.at_ms, note.value) for note in notes] == [("a", 1000, 55.0), ("b", 2000, 31.0)]
    assert notes[0].message == "2 captions of step a must be read at up to 55.0 characters a second."


def test_sentences_are_parted_by_their_marks_when_the_script_is_another():
    question = "\u0636\u0639 \u0627\u0644\u0642\u0648\u0627\u0631\u0628 \u0647\u0646\u0627\u061f"
    arabic = f"{question} \u0646\u0639\u0645 \u0647\u0646\u0627\u060c \u0634\u0643\u0631\u0627."
    assert len(lines_of(arabic)) == 2
    assert len(lines_of("\u0928\u093e\u0935 \u0930\u0916\u094b\u0964 \u0905\u092c \u091a\u0932\u094b\u0964")) == 2


def test_long_run_is_parted_at_its_marks_when_the_script_has_no_spaces():
    text = "最初に船を桟橋に置いてください。それから月の駒を道の最初のます目に置き、山札から札を二枚引きます。"
    cues = lines_of(text, frames=600)
    assert "".join(line for cue in cues for line in cue) == text
    assert all(width_of(line) <= 42 for cue in cues for line in cue)
    assert "".join(cues[0]).endswith("。")


def test_line_never_ends_with_an_article_when_another_break_is_as_good():
    (lines,) = lines_of("Chaque joueur pose ses trois bateaux sur le grand lac bleu.")
    assert not lines[0].endswith((" sur", " le", " ses"))


def test_sentence_goes_on_behind_an_abbreviation_when_a_small_letter_or_a_number_follows():
    assert lines_of("Look at the rules, p. 5 and etc. on the way. See them.") == [
        ("Look at the rules,", "p. 5 and etc. on the way."),
        ("See them.",),
    ]
    assert len(lines_of("There are 12. Take a card from the deck.")) == 2


@pytest.mark.parametrize("title", ["Dr.", "Mr.", "Mrs.", "M.", "Mme", "St.", "vs."])
def test_sentence_goes_on_behind_a_title_when_a_name_follows(title):
    assert lines_of(f"It is {title} Dupont who plays.") == [(f"It is {title} Dupont who plays.",)]
