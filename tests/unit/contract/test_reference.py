from __future__ import annotations

from pathlib import Path

import pytest

from preview_worker.contract.finding import MEANINGS, Code
from preview_worker.contract.reference import BEGIN, DOCUMENT, END, reference, with_reference
from preview_worker.contract.translate import SEED_DRY_RUN_TYPE, SEED_NO_OBJECT, SEED_TEXTS

PATH = Path(__file__).parents[3] / "docs" / DOCUMENT


def test_reference_is_current_when_compared_with_the_models():
    document = PATH.read_text("utf-8")
    assert document == with_reference(document), "run: make schemas"


@pytest.fixture(scope="module")
def text():
    """The reference, made once."""
    return reference()


def test_every_code_has_a_meaning_when_it_is_documented(text):
    assert set(MEANINGS) == set(Code)
    assert all(f"| `{code}` |" in text for code in Code)


def test_well_known_sentences_stand_in_the_document_when_clients_match_them():
    document = " ".join(PATH.read_text("utf-8").split())
    for sentence in (*SEED_TEXTS.values(), SEED_DRY_RUN_TYPE, SEED_NO_OBJECT):
        assert f"`{sentence}`" in document


def test_reference_states_type_default_and_limits_when_a_field_has_them(text):
    lines = text.splitlines()
    assert "| `durationMs` | whole number | `500` | ≥ 0; ≤ 2000 |" in "\n".join(lines)
    assert any(line.startswith("| `durationMs` | whole number | – | ≥ 500; ≤ 120000 |") for line in lines)
    assert any(line.startswith("| `fps` | one of `12`, `15`, `24`, `25`, `30` | `30` |") for line in lines)


def test_document_is_refused_when_its_markers_are_gone():
    with pytest.raises(ValueError, match="lines"):
        with_reference("no markers here")
    assert with_reference(f"{BEGIN}{END}").startswith(BEGIN)
