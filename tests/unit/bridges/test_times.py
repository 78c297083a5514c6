from __future__ import annotations

import pytest

from preview_worker.bridges.node import Reading
from preview_worker.bridges.times import length_ms, span_ms


def read(reader, members, *arguments, **options):
    reading = Reading("en")
    result = reader(reading.open(members, ()), *arguments, **options)
    return result, [remark.outcome.value for remark in reading.ledger.remarks()]


@pytest.mark.parametrize(
    ("members", "length", "outcomes"),
    [
        ({"durationMs": 4000, "durationSec": 4}, 4000, []),
        ({"durationSec": "3,25"}, 3250, []),
        ({"durationInFrames": 90}, 3000, []),
        ({"durationSec": 0.2}, 500, ["changed"]),
        ({"durationSec": 500}, 120_000, ["changed"]),
        ({"durationMs": 0, "durationSec": 2}, 2000, ["dropped"]),
        ({"durationMs": 3000, "durationSec": 9}, 3000, ["dropped"]),
        ({"durationSec": "soon"}, None, ["dropped"]),
        ({"durationSec": 1e300}, None, ["dropped"]),
        ({}, None, []),
    ],
)
def test_a_length_is_within_the_contract_s_limits(members, length, outcomes):
    assert read(length_ms, members) == (length, outcomes)


def test_a_length_in_frames_follows_the_frame_rate():
    assert read(length_ms, {"durationInFrames": 50}, frame_rate=25.0) == (2000, [])


@pytest.mark.parametrize(
    ("members", "span", "outcomes"),
    [
        ({"startSec": 0, "endSec": 4}, {}, []),
        ({"startSec": 1, "endSec": 3.5}, {"startMs": 1000, "endMs": 3500}, []),
        ({"startMs": 250}, {"startMs": 250}, []),
        ({"startSec": -2, "endSec": 9}, {}, ["changed"]),
        ({"startSec": 3, "endSec": 2}, {"startMs": 3000}, ["changed"]),
        ({"startSec": 4}, None, ["dropped"]),
    ],
)
def test_a_span_lies_in_its_step_when_the_step_lasts_four_seconds(members, span, outcomes):
    assert read(span_ms, members, 4000) == (span, outcomes)


def test_a_span_is_kept_when_the_step_s_length_is_unknown():
    assert read(span_ms, {"appearSec": 12}, None, start_keys=("appearSec",)) == ({"startMs": 12_000}, [])
