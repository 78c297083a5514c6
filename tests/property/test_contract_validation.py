"""Any part of a payload may be anything: it is judged, and what passes is what the schema accepts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from preview_worker.contract import validate_job
from preview_worker.contract.corpus import format_of
from preview_worker.contract.document import read_document
from preview_worker.contract.schema import JOB_SCHEMA, schemas

PAYLOADS = Path(__file__).parents[1] / "payloads"
GOOD = [
    read_document(path.read_bytes(), name=path.name, format=format_of(path)).raw
    for path in sorted((PAYLOADS / "good").glob("*.json"))
    if not path.name.endswith(".expected.json")
]
STRANGE = st.sampled_from([None, True, 0, -1, 1.5, "", "x", [], {}, [None], {"x": None}, "\ud800", 10**30, [[]], ["a"]])


def paths(value, *tokens):
    if tokens:
        yield tokens
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        yield from paths(child, *tokens, key)


def replaced(raw, path, value):
    copy = json.loads(json.dumps(raw))
    holder = copy
    for token in path[:-1]:
        holder = holder[token]
    holder[path[-1]] = value
    return copy


@given(data=st.data())
def test_validation_never_raises_when_any_parts_are_replaced(data):
    raw = data.draw(st.sampled_from(GOOD))
    for _ in range(data.draw(st.integers(1, 3))):
        raw = replaced(raw, data.draw(st.sampled_from(sorted(paths(raw), key=repr))), data.draw(STRANGE))
    verdict = validate_job(raw)
    assert (verdict.job is None) == bool(verdict.errors)
    assert all(finding.pointer == "" or finding.pointer.startswith("/") for finding in verdict.errors)


@pytest.mark.parametrize("value", [None, True, -1, 0.5, "", "x", [], {}, [{}], {"x": []}], ids=repr)
def test_schema_accepts_what_is_valid_when_each_member_is_replaced_in_turn(value):
    full = json.loads((PAYLOADS / "good/full-step.json").read_text("utf-8"))
    schema = Draft202012Validator(schemas()[JOB_SCHEMA])
    for path in paths(full):
        raw = replaced(full, path, value)
        if validate_job(raw).job is not None:
            assert schema.is_valid(raw), path
