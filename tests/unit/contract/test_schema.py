from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from preview_worker.contract import (
    Build,
    Code,
    Container,
    Event,
    EventType,
    JobResult,
    PreviewWarning,
    Problem,
    Progress,
    PublishedFile,
    Report,
    Stage,
    StepTiming,
    VideoFacts,
    WarningCode,
    read_document,
    severity_of,
)
from preview_worker.contract.corpus import format_of
from preview_worker.contract.schema import JOB_SCHEMA, schema_text, schemas

ROOT = Path(__file__).parents[3]
NAMES = sorted(path.name for path in (ROOT / "schemas").glob("*.json"))
VALIDATORS = [Draft202012Validator, Draft7Validator]
# What a schema can say; the rest is the validator's own work.
STRUCTURAL = {Code.REQUIRED, Code.WRONG_TYPE, Code.UNKNOWN_KEY, Code.NOT_ALLOWED, Code.UNSUPPORTED_VERSION, Code.EMPTY}
# Rules of meaning among the codes above: words a kind of callout needs, members of which one must be there.
BEYOND_SCHEMA = {"range-empty", "visual-without-picture", "callout-incomplete", "callout-picture"}
UNREADABLE = {Code.MALFORMED_JSON, Code.NOT_UTF8, Code.NESTING_TOO_DEEP}


def payloads(kind: str) -> list[Path]:
    # YAML files and bare requests are no whole jobs.
    found = (ROOT / "tests/payloads" / kind).glob("*.json")
    return sorted(path for path in found if ".expected" not in path.name and not path.name.startswith("bare-"))


def expected_codes(path: Path) -> set[str]:
    return {entry["code"] for entry in json.loads(path.with_name(path.stem + ".expected.json").read_text("utf-8"))}


@pytest.fixture(scope="module")
def made():
    """What the models say, made once: it takes a tenth of a second, which collecting the tests shall not cost."""
    return schemas()


def test_there_is_a_file_for_each_schema_when_the_models_are_asked(made):
    assert sorted(made) == NAMES, "run: make schemas"


@pytest.mark.parametrize("name", NAMES)
def test_schema_file_is_current_when_compared_with_the_models(made, name):
    assert (ROOT / "schemas" / name).read_text("utf-8") == schema_text(made[name]), "run: make schemas"


@pytest.mark.parametrize("validator", VALIDATORS)
@pytest.mark.parametrize("name", NAMES)
def test_schema_is_a_schema_when_either_draft_reads_it(made, name, validator):
    validator.check_schema(made[name])


@pytest.mark.parametrize("validator", VALIDATORS)
def test_schema_accepts_when_the_payload_is_good(made, validator):
    check = validator(made[JOB_SCHEMA])
    for path in [*payloads("good"), *ROOT.glob("preview_payload_*.json")]:
        raw = read_document(path.read_bytes(), name=path.name, format=format_of(path)).raw
        assert [error.message for error in check.iter_errors(raw)] == [], path.name


@pytest.mark.parametrize("validator", VALIDATORS)
def test_schema_refuses_when_the_shape_of_a_payload_is_bad(made, validator):
    check = validator(made[JOB_SCHEMA])
    judged = 0
    for path in payloads("bad"):
        codes = expected_codes(path)
        if codes & UNREADABLE or not codes & STRUCTURAL or path.stem in BEYOND_SCHEMA:
            continue
        judged += 1
        assert not check.is_valid(json.loads(path.read_text("utf-8"))), path.name
    assert judged > 20


@pytest.mark.parametrize("validator", VALIDATORS)
def test_schema_points_at_the_same_place_when_a_field_is_out_of_range(made, validator):
    raw = json.loads((ROOT / "tests/payloads/bad/step-values.json").read_text("utf-8"))
    places = {"/" + "/".join(map(str, error.absolute_path)) for error in validator(made[JOB_SCHEMA]).iter_errors(raw)}
    expected = json.loads((ROOT / "tests/payloads/bad/step-values.expected.json").read_text("utf-8"))
    assert places == {entry["pointer"] for entry in expected}


BUILD = Build(version="0.1.0", libraries={"av": "18.1.0"})
FILE = PublishedFile(path="preview.mp4", media_type="video/mp4", size_bytes=9, sha256="ab" * 32, width_px=1280)
WARNING = PreviewWarning(
    code=WarningCode.TEXT_SMALL, severity=severity_of(WarningCode.TEXT_SMALL), message="m", limit=40
)
PROGRESS = Progress(percent=12.5, stage=Stage.RENDER, frames_done=3, frames_total=30, eta_ms=1200)
RESULT = JobResult(
    job_id="a",
    digest="ab" * 32,
    artifact_path="previews/p/a/preview.mp4",
    container_path="previews/p/a/container.json",
    files=(FILE,),
    duration_ms=1000,
    warnings=(WARNING,),
    warning_count=1,
)
VIDEO = VideoFacts(format="mp4", quality="standard", width_px=1280, height_px=720, fps=30, frames=30, duration_ms=1000)
STEP = StepTiming(
    id="step-1",
    index=0,
    kind="intro",
    start_ms=0,
    duration_ms=1000,
    start_frame=0,
    frames=30,
    duration_source="minimum",
)
OUTGOING = {
    "progress.schema.json": PROGRESS,
    "result.schema.json": RESULT,
    "event.schema.json": Event(id="1-0", type=EventType.PROGRESS, job_id="a", at_ms=1, progress=PROGRESS),
    "problem.schema.json": Problem(title="Invalid", status=422, detail="d", code="invalid-payload"),
    "container.schema.json": Container(job_id="a", project_id="p", digest="ab" * 32, build=BUILD, files=(FILE,)),
    "report.schema.json": Report(
        job_id="a",
        project_id="p",
        request_id="r",
        digest="ab" * 32,
        build=BUILD,
        video=VIDEO,
        steps=(STEP,),
        warnings=(WARNING,),
    ),
}


@pytest.mark.parametrize("validator", VALIDATORS)
@pytest.mark.parametrize("name", OUTGOING)
def test_schema_accepts_what_leaves_us_when_the_model_writes_it(made, name, validator):
    written = json.loads(OUTGOING[name].model_dump_json(by_alias=True))
    assert written["schemaVersion"] == 1
    validator(made[name]).validate(written)
    assert type(OUTGOING[name]).model_validate(written) == OUTGOING[name]
    assert not validator(made[name]).is_valid(written | {"schemaVersion": 2})


def test_published_file_has_the_names_of_the_interface_when_written():
    written = FILE.model_dump(by_alias=True, exclude_none=True)
    assert written == {
        "path": "preview.mp4",
        "mediaType": "video/mp4",
        "size": 9,
        "sha256": "ab" * 32,
        "width": 1280,
    }


def test_warning_severity_tells_lack_from_advice_when_asked():
    assert severity_of(WarningCode.ASSET_MISSING) == "error-like"
    assert severity_of(WarningCode.CAPTION_FAST) == "advice"
