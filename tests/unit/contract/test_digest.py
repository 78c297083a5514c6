from __future__ import annotations

import hashlib

import pytest

from preview_worker.contract import digest
from preview_worker.errors import InvalidPayloadError

JOB = {
    "jobId": "a",
    "projectId": "p",
    "requestId": "r",
    "dryRun": False,
    "previewRequest": {"title": "é", "steps": [{"durationMs": 3000.0}], "assets": [], "audio": {}},
}
HASHES = {"board": "ab" * 32}


def test_digest_is_the_hash_of_canonical_json_when_written_by_hand():
    canonical = (
        '{"assets":{"board":"' + "ab" * 32 + '"},"dryRun":false,"previewRequest":{"assets":[],"audio":{},'
        '"steps":[{"durationMs":3000}],"title":"é"},"projectId":"p"}'
    )
    assert digest(JOB, HASHES) == hashlib.sha256(canonical.encode()).hexdigest()


def test_digest_stays_when_only_names_dates_and_urgency_change():
    other = JOB | {
        "jobId": "b",
        "requestId": "s",
        "priority": "high",
        "attempts": 3,
        "createdAt": "2025-10-08T12:00:00Z",
    }
    assert digest(other, HASHES) == digest(JOB, HASHES)


@pytest.mark.parametrize(
    "change",
    [{"projectId": "q"}, {"dryRun": True}, {"previewRequest": JOB["previewRequest"] | {"unknownKey": 1}}],
)
def test_digest_differs_when_what_is_shown_changes(change):
    assert digest(JOB | change, HASHES) != digest(JOB, HASHES)


def test_digest_differs_when_an_asset_changes():
    assert digest(JOB, {"board": "cd" * 32}) != digest(JOB, HASHES)


def test_digest_is_refused_when_canonical_json_cannot_say_a_number():
    with pytest.raises(InvalidPayloadError):
        digest(JOB | {"previewRequest": {"metadata": 2**60}}, {})
