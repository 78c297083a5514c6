"""Facts of assets survive being written down; what is of no known shape is refused."""

from __future__ import annotations

import json

import pytest

from preview_worker.render.facts import facts_from_json, facts_to_json, known_facts
from preview_worker.render.protocol import ProtocolError
from preview_worker.timeline.model import MissingFacts, PictureFacts, TimingFacts, UnprobedFacts
from support.tutorials import sound


@pytest.mark.parametrize(
    "facts",
    [
        PictureFacts(sha256="a", width_px=1, height_px=2, has_alpha=True),
        sound(250),
        TimingFacts(sha256="b", texts=("one", "two"), starts_ms=(0, 5), ends_ms=(5, 9)),
        MissingFacts(reason="gone"),
        UnprobedFacts(sha256="c"),
    ],
)
def test_facts_come_back_equal_when_sent(facts):
    assert facts_from_json(json.loads(json.dumps(facts_to_json(facts)))) == facts


@pytest.mark.parametrize("value", [{}, {"kind": "film"}, {"kind": "picture"}])
def test_facts_are_refused_when_of_no_known_shape(value):
    with pytest.raises(ProtocolError):
        facts_from_json(value)


def test_kept_facts_count_as_unknown_when_they_lack_a_member():
    kept = {"a": facts_to_json(sound(250)), "b": {"kind": "picture", "sha256": "b"}, "c": {}}
    assert known_facts(kept) == {"a": sound(250)}
