"""The editions of a job that was taken in."""

from __future__ import annotations

import pytest

from preview_worker.assets.identity import Identified
from preview_worker.contract import validate_job
from preview_worker.errors import InvalidPayloadError
from preview_worker.worker.intake import Intake


@pytest.fixture
def intake():
    variants = [{"language": "zh-Hans"}, {"language": "fr"}]
    request = {"steps": [], "assets": [], "audio": {}, "variants": variants}
    payload = {"jobId": "j", "projectId": "p", "requestId": "r", "dryRun": False, "previewRequest": request}
    return Intake(job=validate_job(payload).job, warnings=(), identified=Identified(digest="0" * 64, assets={}))


@pytest.mark.parametrize(("language", "number"), [(None, 0), ("EN", 0), ("zh-hans", 1), ("fr", 2)])
def test_an_edition_is_found_by_its_language_in_any_case(intake, language, number):
    assert intake.edition(language).number == number


def test_a_language_that_is_none_of_the_jobs_is_refused_with_those_that_are(intake):
    with pytest.raises(InvalidPayloadError, match="it is in en, zh-Hans, fr") as refused:
        intake.edition("zh")
    assert refused.value.code == "unknown-language"
