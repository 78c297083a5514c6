"""Whatever a foreign file holds, it becomes a valid payload, or one clear error says why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preview_worker.bridges import Nearby, Outcome, TutorialFormat, import_tutorial
from preview_worker.contract import validate_job
from preview_worker.contract.finding import pointer
from preview_worker.errors import InvalidPayloadError

FIXTURES = Path(__file__).parents[1] / "fixtures" / "bridges"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))
FILES = [json.loads((FIXTURES / f"{name}.json").read_text("utf-8")) for name in NAMES]
KEYS = sorted({key for raw in FILES for key in json.dumps(raw).split('"')[1::2] if key.isidentifier()})
NEARBY = Nearby(["page-3.png", "audio/scene-1.wav", "pages/p5.jpg", "c1.png"])
EXPECTED_CODES = {"unknown-format", "payload-too-large"}

PLACES = [
    "C:\\a\\b.png\r",
    "/etc/x.wav",
    "../up.png",
    "http://h/p?q",
    "https://[bad",
    "data:image/png;base64,x",
    "s3:y",
]
TEXTS = ["", " \r\n", "x", "-5", "1e300", "12,5", "nan", "\ud800", "\x00\u202e", "CON", "a" * 9000, "e\u0301" * 300]
WORDS = st.sampled_from([*PLACES, *TEXTS])
NUMBERS = st.sampled_from([0, -1, 0.5, 1e-9, 1.7, 3, 55, 2**53, -(10**30), 1e300, True, False])
SCALARS = st.one_of(st.none(), WORDS, NUMBERS)
STRANGE = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from([*KEYS, "fr", "en"]), inner, max_size=4)
    ),
    max_leaves=6,
)


def holders(value):
    """Every object and array of a document."""
    pending, found = [value], []
    while pending:
        holder = pending.pop()
        if isinstance(holder, dict | list):
            found.append(holder)
            pending.extend(holder.values() if isinstance(holder, dict) else holder)
    return found


def mutate(data, raw):
    """Change one place of a document: another value, a key more or less, an entry repeated."""
    holder = data.draw(st.sampled_from(holders(raw)), label="holder")
    if isinstance(holder, dict):
        known = data.draw(st.sampled_from([*holder, *KEYS]) if holder else st.sampled_from(KEYS), label="key")
        if data.draw(st.integers(0, 3), label="drop") == 0:
            holder.pop(known, None)
        else:
            holder[known] = data.draw(STRANGE, label="value")
    elif holder and data.draw(st.booleans(), label="repeat"):
        holder.append(json.loads(json.dumps(holder[0])))
    else:
        holder.insert(0, data.draw(STRANGE, label="entry"))


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_an_import_is_valid_or_clearly_refused_when_any_parts_of_a_file_are_changed(data):
    raw = json.loads(json.dumps(data.draw(st.sampled_from(FILES), label="file")))
    for _ in range(data.draw(st.integers(1, 6), label="changes")):
        mutate(data, raw)
    wished = data.draw(st.sampled_from([None, None, *TutorialFormat]), label="format")
    try:
        imported = import_tutorial(raw, format=wished, nearby=data.draw(st.sampled_from([None, NEARBY])))
    except InvalidPayloadError as error:
        assert error.code in EXPECTED_CODES  # noqa: PT017 - either end is right, but not another code
        return
    assert validate_job(json.loads(json.dumps(imported.payload))).errors == ()
    assert all(remark.reason and remark.pointer.startswith(("/", "")) for remark in imported.remarks)


@given(raw=STRANGE)
def test_an_import_is_valid_or_clearly_refused_when_the_file_is_anything(raw):
    for wished in (None, *TutorialFormat):
        try:
            imported = import_tutorial(raw, format=wished)
        except InvalidPayloadError as error:
            assert error.code in EXPECTED_CODES  # noqa: PT017
        else:
            assert validate_job(imported.payload).errors == ()


def places(value, *tokens):
    """Every object of a document and its place."""
    if isinstance(value, dict):
        yield value, tokens
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        yield from places(child, *tokens, key)


@pytest.mark.parametrize("raw", FILES, ids=NAMES)
def test_a_key_that_nobody_knows_is_told_wherever_it_stands(raw):
    for _, place in list(places(raw)):
        changed = json.loads(json.dumps(raw))
        holder = next(holder for holder, here in places(changed) if here == place)
        holder["nobodyKnows"] = 1
        remarks = import_tutorial(changed).remarks
        told = {remark.pointer for remark in remarks if remark.outcome is Outcome.DROPPED}
        here = pointer(*place, "nobodyKnows")
        assert any(here == known or here.startswith(f"{known}/") for known in told), here
