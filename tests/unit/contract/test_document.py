from __future__ import annotations

import pytest

from preview_worker.contract.document import PAYLOAD_MAX_BYTES, UnreadableDocumentError, read_document
from preview_worker.contract.finding import Code
from preview_worker.errors import InvalidPayloadError


def code_of(content: bytes, form: str = "json") -> Code:
    with pytest.raises(UnreadableDocumentError) as caught:
        read_document(content, name="x", format=form)
    assert isinstance(caught.value, InvalidPayloadError)
    assert caught.value.code == caught.value.finding.code
    return caught.value.finding.code


def test_document_knows_the_line_of_each_place_when_read_from_json():
    document = read_document(b'{\n  "a": [1,\n    {"b~/": "x,]y\\""}],\n  "c": {}\n}', name="x")
    assert document.raw == {"a": [1, {"b~/": 'x,]y"'}], "c": {}}
    assert document.position("") == (1, 1)
    assert document.position("/a") == (2, 3)
    assert document.position("/a/0") == (2, 9)
    assert document.position("/a/1/b~0~1") == (3, 6)
    assert document.position("/c") == (4, 3)


def test_document_gives_the_nearest_place_when_the_pointer_names_nothing():
    document = read_document(b'{\n "a": {\n  "b": 1}}', name="x")
    assert document.position("/a/missing/deeper") == (2, 2)
    assert document.position("/missing") == (1, 1)


def test_document_knows_the_line_of_each_place_when_read_from_yaml():
    document = read_document(b"# note\na:\n  - 1\n  - b: 'yes'\n    y: 0.5\n", name="x", format="yaml")
    assert document.raw == {"a": [1, {"b": "yes", "y": 0.5}]}
    assert document.position("/a/1/y") == (5, 5)
    assert document.position("/a/0") == (3, 5)


def test_yaml_words_stay_text_when_only_old_yaml_gave_them_a_meaning():
    text = "a: yes\nb: 2025-10-08\nc: 12:30\nd: 007\ne: 1_000\nf: 0x1F\ng: ~\nh: true\ni: -1.5e1\nj: +3\nk:\nl: '5'\n"
    document = read_document(text.encode(), name="x", format="yaml")
    assert document.raw == {
        "a": "yes",
        "b": "2025-10-08",
        "c": "12:30",
        "d": "007",
        "e": "1_000",
        "f": "0x1F",
        "g": None,
        "h": True,
        "i": -15.0,
        "j": 3,
        "k": None,
        "l": "5",
    }


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a":}', b'{"a":1,"a":2}', b"[NaN]", b"[-Infinity]", b"[1e999]", b"[" + b"9" * 5000 + b"]", b"[1] x"],
)
def test_json_is_refused_when_it_breaks_the_standard(content):
    assert code_of(content) is Code.MALFORMED_JSON


@pytest.mark.parametrize(
    "content",
    [
        b"a: b: c",
        b"a: &x 1\nb: *x",
        b"a: *nowhere",
        b"a: !!python/object:os.system {}",
        b"a: 1\n---\nb: 2",
        b"a: 1\na: 2",
        b"<<: {a: 1}",
        b"? [a]\n: 1",
        b"a: .inf",
        b"a: .nan",
        b"a: 1e999",
        b"a: 99999999999999999999",
        b'a: "\x00"',
    ],
)
def test_yaml_is_refused_when_json_cannot_say_it(content):
    assert code_of(content, "yaml") is Code.MALFORMED_YAML


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("levels", [33, 5000])
def test_document_is_refused_when_nested_too_deeply(form, levels):
    assert code_of(b"[" * levels + b"]" * levels, form) is Code.NESTING_TOO_DEEP


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_document_is_read_when_nested_as_deeply_as_allowed(form):
    assert read_document(b"[" * 32 + b"]" * 32, name="x", format=form).raw


def test_document_is_refused_when_it_is_not_utf8():
    assert code_of(b'{"a": "\xe9"}') is Code.NOT_UTF8


def test_document_is_refused_when_it_is_too_large():
    content = b'"' + b"x" * PAYLOAD_MAX_BYTES + b'"'
    assert code_of(content) is Code.PAYLOAD_TOO_LARGE


def test_refusal_names_line_and_column_when_the_syntax_is_wrong():
    with pytest.raises(UnreadableDocumentError) as caught:
        read_document(b'{\n  "a": }', name="x")
    assert caught.value.position == (2, 8)


@pytest.mark.parametrize(
    ("content", "position"),
    [
        (b'{\n "a": 1,\n "b": {"a": 2},\n "a": 3\n}', (4, 2)),
        (b'[{"x": {"k": 1, "k": 2}}, {', (1, 17)),
        (b'{"a/b": 1, "a~1b": 2, "\\u0061/b": 3}', (1, 23)),
    ],
)
def test_refusal_names_the_place_when_a_key_is_repeated(content, position):
    with pytest.raises(UnreadableDocumentError) as caught:
        read_document(content, name="x")
    assert "twice" in caught.value.sentence
    assert caught.value.position == position
