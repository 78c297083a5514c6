from __future__ import annotations

import pytest

from preview_worker.render.child.drawing.breaking import broken, lines_needed, shortened, words_of


def width(text: str) -> float:
    return float(len(text))


@pytest.mark.parametrize("mark", ["!", "?", ";", ":", "»", "%", "·"])
def test_line_never_begins_with_a_mark_when_a_space_stands_before_it(mark: str) -> None:
    for limit in range(9, 24):
        lines = broken(f"Prenez trois cartes {mark} Jouez ensuite", limit, width, balanced=False)
        assert not any(line.startswith(mark) for line in lines)


def test_line_never_ends_with_an_opening_quote_when_a_space_follows_it() -> None:
    for limit in range(14, 30):
        lines = broken("Les « marchands » gagnent une pièce", limit, width, balanced=True)
        assert not any(line.endswith("«") for line in lines)


def test_words_stay_together_when_a_no_break_space_joins_them() -> None:
    assert [word.text for word in words_of("5\u00a0cubes et 3\u202fcartes")] == ["5\u00a0cubes", "et", "3\u202fcartes"]


def test_lines_hold_every_letter_when_words_are_wider_than_a_line() -> None:
    lines = broken("Donaudampfschifffahrtsgesellschaft fährt", 10, width, balanced=True)
    assert all(width(line) <= 10 for line in lines)
    assert "".join(lines).replace(" ", "").replace("-", "") == "Donaudampfschifffahrtsgesellschaftfährt"


def test_lines_are_about_equally_long_when_they_are_balanced() -> None:
    text = "Choose a harbour and place your ship there now"
    lines = broken(text, 40, width, balanced=True)
    assert len(lines) == len(lines_needed(text, 40, width)) == 2
    assert abs(len(lines[0]) - len(lines[1])) <= 8


def test_last_line_is_no_single_word_when_another_way_has_as_many_lines() -> None:
    text = "Each player takes five cubes and one pawn of a colour"
    assert lines_needed(text, 50, width)[-1] == "colour"
    assert len(broken(text, 50, width, balanced=False)[-1].split()) > 1


def test_lonely_last_word_gets_company_when_the_line_above_becomes_rather_short() -> None:
    text = "Abenteurerin Zauberlehrling Drachenreiterin ab."
    assert lines_needed(text, 44, width)[-1] == "ab."
    assert broken(text, 44, width, balanced=False)[-1] == "Drachenreiterin ab."


def test_line_keeps_its_width_when_spaces_are_wider_behind_other_letters() -> None:
    def widened(text: str) -> float:
        spaces = sum(text[place] == " " and not text[place - 1].isascii() for place in range(1, len(text)))
        return len(text) + 2.0 * spaces

    text = "\u05d0\u05d1 \u05d2\u05d3 \u05d4\u05d5"
    assert all(widened(line) <= 9 for line in broken(text, 9, widened, balanced=False))
    assert all(widened(line) <= 9 for line in lines_needed(text, 9, widened))


def test_explicit_break_is_kept_when_the_text_would_fit_on_one_line() -> None:
    assert broken("one\ntwo", 40, width, balanced=True) == ("one", "two")


def test_lines_break_between_letters_when_the_text_is_chinese() -> None:
    lines = broken("将游戏板放在桌子中间。", 5, width, balanced=False)
    assert all(len(line) <= 5 for line in lines)
    assert not any(line.startswith("。") for line in lines)


def test_text_ends_at_a_sentence_when_enough_of_it_remains() -> None:
    short = shortened("Take a card. Put it face down. Then draw two more cards", lambda part: len(part) <= 40)
    assert short == "Take a card. Put it face down.\u00a0…"


def test_text_ends_at_a_word_when_no_sentence_ends_in_its_last_half() -> None:
    short = shortened("Take the first card from the deck and put it face down", lambda part: len(part) <= 30)
    assert short == "Take the first card from the…"


def test_text_is_cut_inside_a_word_when_not_even_one_fits() -> None:
    assert shortened("Siegpunktmarker", lambda part: len(part) <= 6) == "Siegp…"


def test_pieces_of_a_word_are_about_equally_long_when_it_is_wider_than_a_line() -> None:
    lines = broken("Kapitänsmützenschachtel", 22, width, balanced=False)
    assert lines == ("Kapitänsmütz-", "enschachtel")


def test_no_hyphen_is_added_when_a_word_is_not_cut_between_letters_of_a_simple_script() -> None:
    assert "-" not in "".join(broken("\u05d0" * 25, 10, width, balanced=False))
    assert "-" not in "".join(broken("1" * 25, 10, width, balanced=False))


def test_line_does_not_end_behind_a_hyphen_when_another_way_has_as_many_lines() -> None:
    text = "Boats at the Vieux-Quai, moon on the first space."
    lines = broken(text, 20, width, balanced=False)
    assert len(lines) == len(lines_needed(text, 20, width)) == 3
    assert lines[1].startswith("Vieux-Quai,")


def test_ellipsis_stays_with_its_sentence_when_a_text_is_shortened() -> None:
    short = shortened("Light both to score it. Nobody shows his routes.", lambda part: len(part) <= 30)
    assert [word.text for word in words_of(short)][-1] == "it.\u00a0…"


def test_heading_keeps_an_article_with_its_noun_when_another_way_has_as_many_lines() -> None:
    lines = broken("Brumelac: rowing the misty lake with a boat full of lanterns", 27, width, balanced=True)
    assert lines == ("Brumelac: rowing", "the misty lake with", "a boat full of lanterns")


@pytest.mark.parametrize("letter", ["\u3063", "\u30e5", "\u3005", "\u30fc", "\u3002"])
def test_line_never_begins_with_a_small_letter_when_it_is_of_kana(letter: str) -> None:
    text = f"\u6e56\u304b{letter}\u306e\u4e0a" * 6
    for limit in range(4, 12):
        assert not any(line.startswith(letter) for line in broken(text, limit, width, balanced=False))
