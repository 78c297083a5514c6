from __future__ import annotations

import pytest

from preview_worker.bridges.language import language_of

FRENCH = {"scenes": [{"narrationText": "Placez le plateau au centre de la table, puis mélangez les cartes."}]}


@pytest.mark.parametrize(
    ("document", "tag"),
    [
        ({"language": "fr_CA", "scenes": []}, "fr-CA"),
        ({"game": {"locale": "French"}, "scenes": []}, "fr"),
        ({"language": "", "lang": "de"}, "de"),
        ([{"textFr": "Ramez."}, {"title_fr": "Tour"}], "fr"),
        ([{"textFr": "Ramez."}, {"textEn": "Row."}], "en"),
        ([{"text": "Place the board.", "textFr": "Placez le plateau."}], "en"),
        ([{"title": "Bienvenue", "textFr": "Ramez."}], "fr"),
        (FRENCH, "fr"),
        ({**FRENCH, "language": "en"}, "en"),
        ([{"text": "Place the board in the middle."}], "en"),
        ([{"text": "Ok"}], "en"),
        ([], "en"),
    ],
    ids=repr,
)
def test_a_language_is_as_told_or_as_named_or_as_the_words_look(document, tag):
    assert language_of(document) == tag


def test_what_the_whole_file_says_counts_before_what_its_part_says():
    assert language_of({"language": "fr"}, {"language": "en"}) == "fr"
