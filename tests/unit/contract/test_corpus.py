from __future__ import annotations

import json
from pathlib import Path

import pytest

from preview_worker.contract.corpus import check_corpus

CORPUS = Path(__file__).parents[2] / "payloads"
NAMES = sorted(
    path.relative_to(CORPUS).as_posix()
    for path in CORPUS.glob("*/*")
    if path.suffix in {".json", ".yaml", ".yml"} and not path.name.endswith(".expected.json")
)


@pytest.fixture(scope="module")
def results():
    """What each payload of the corpus gave, by name."""
    return {result.name: result for result in check_corpus(CORPUS)}


@pytest.mark.parametrize("name", NAMES)
def test_payload_gives_what_is_expected_when_validated(results, name):
    assert results[name].faults == ()


def test_corpus_is_large_enough_when_counted(results):
    assert sorted(results) == NAMES
    assert len(results) >= 60
    assert {result.expected_valid for result in results.values()} == {True, False}


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    return tmp_path


def test_corpus_reports_an_error_when_a_good_payload_is_invalid(corpus):
    (corpus / "good/a.json").write_text("[]")
    (result,) = check_corpus(corpus)
    assert not result.passed
    assert "Payload must be an object" in result.faults[0]


def test_corpus_reports_both_when_an_error_is_missing_and_another_unexpected(corpus):
    (corpus / "bad/a.json").write_text("[]")
    (corpus / "bad/a.expected.json").write_text(json.dumps([{"pointer": "/x", "code": "required"}]))
    (result,) = check_corpus(corpus)
    assert [fault.split(":")[0] for fault in result.faults] == ["missing", "unexpected"]


def test_corpus_reports_a_bad_payload_when_its_errors_are_not_listed(corpus):
    (corpus / "bad/a.yaml").write_text("- 1")
    (result,) = check_corpus(corpus)
    assert result.faults == ("a.expected.json must list its errors",)


def test_corpus_compares_the_sentence_when_it_is_listed(corpus):
    (corpus / "bad/a.json").write_text("[]")
    expected = [{"pointer": "", "code": "wrong-type", "message": "another sentence"}]
    (corpus / "bad/a.expected.json").write_text(json.dumps(expected))
    (result,) = check_corpus(corpus)
    assert not result.passed
