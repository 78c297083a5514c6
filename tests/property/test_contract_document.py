"""Any JSON value is read with a place for each member, and YAML reads the same value."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from preview_worker.contract.document import read_document
from preview_worker.contract.finding import pointer

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    # YAML takes no unprintable characters, and a lone surrogate can't be written as UTF-8.
    | st.text(st.characters(categories=["L", "N", "P", "Z", "S"], exclude_characters="\u2028\u2029\ufeff\x85")),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.text('ab/~ é"\\', min_size=1, max_size=4).filter(lambda key: key.strip()), children, max_size=4
        )
    ),
    max_leaves=20,
)


def places(value, *tokens):
    yield pointer(*tokens)
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        yield from places(child, *tokens, key)


@given(value=JSON_VALUES, indent=st.sampled_from([None, 1]))
def test_every_place_has_a_position_when_any_json_is_read(value, indent):
    document = read_document(json.dumps(value, indent=indent).encode(), name="x")
    assert document.raw == value
    document.position("")
    assert set(document._positions) == set(places(value))


@given(value=JSON_VALUES)
def test_yaml_reads_the_same_value_when_given_json(value):
    content = json.dumps(value, ensure_ascii=False).encode()
    read = read_document(content, name="x", format="yaml")
    assert json.dumps(read.raw) == json.dumps(value)
