"""Seeded defects: each is told with its step and what to do, and nothing else is; of clean tutorials nothing is."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter

import pytest

from preview_worker.contract import PreviewWarning, Report, WarningCode, validate_job
from preview_worker.contract.completion import complete_request
from preview_worker.contract.editions import editions
from preview_worker.contract.warning import warning_of
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import Cached, Check, Noticed, Planned, Probed, Render, Source, Work
from support.clean import CLEAN
from support.defects import DEFECTS, write_assets
from support.forks import forked

pytestmark = pytest.mark.anyio

WITHOUT_LIMIT = {
    "asset-missing",
    "asset-unused",
    "callout-offscreen",
    "glyph-missing",
    "narration-missing",
    "not-rendered",
    "text-cleaned",
    "unknown-key",
    "untranslated",
}
"""What is wrong by being there, or by not being there."""
WITHOUT_TIME = {"unknown-key", "text-cleaned", "untranslated"}
MEASURED = {"video-black", "video-frozen", "loudness-off", "audio-clipped"}


@pytest.fixture(scope="module")
def anyio_backend():
    """The process is shared by the module's tests."""
    return "asyncio"


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assets")
    write_assets(folder)
    return folder


@pytest.fixture(scope="module")
async def process(tmp_path_factory):
    async with RenderProcess(tmp_path_factory.mktemp("process") / "work", launch=forked()) as started:
        yield started


def examined(request):
    """The valid job of a request, and what its validation warns about."""
    verdict = validate_job(complete_request(request).payload)
    assert verdict.errors == ()
    step_ids = [step.id for step in verdict.job.preview_request.steps]
    return verdict.job.preview_request, [warning_of(finding, step_ids) for finding in verdict.warnings]


@pytest.fixture(scope="module")
def facts():
    """What was measured of the assets by now, by hash: each is measured once."""
    return {}


def work_of(process, request, assets, facts):
    sources = {}
    places = {asset.id: asset.uri for asset in request.assets}
    paths = [visual.path for step in request.steps for visual in step.visuals if visual.path is not None]
    for key, place in {**places, **{f"path:{path}": path for path in paths}}.items():
        path = assets / place
        if not path.exists():
            sources[key] = Source(missing="there is no such file")
            continue
        link = process.folder / "in" / path.name
        if not link.exists():
            shutil.copy(path, link)
        sources[key] = Source(file=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    raw = request.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return Work(
        job_id="j", project_id="p", request_id="r", digest="d" * 64, request=raw, sources=sources, facts=dict(facts)
    )


async def warnings_of(process, request, assets, facts, *, rendered=False):
    """What validation and a check, or a render, tell of a tutorial."""
    model, found = examined(request)
    work = work_of(process, editions(model)[0], assets, facts)

    async def handle(event):
        if isinstance(event, Noticed):
            found.extend(PreviewWarning.model_validate(entry) for entry in event.warnings)
        elif isinstance(event, Probed):
            facts.update(event.facts)
        elif isinstance(event, Planned):
            await process.answer(Cached(keys=[]))

    await process.run(Render(work=work) if rendered else Check(work=work), handle, deadline_s=60)
    if rendered:
        report = Report.model_validate_json((process.folder / "out" / "files" / "report.json").read_bytes())
        found.extend(report.warnings)
    return found


def test_corpus_has_sixty_defects_and_three_of_each_kind():
    counts = Counter(defect.code for defect in DEFECTS)
    assert len(DEFECTS) >= 60
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)
    assert {code.value for code in WarningCode} == set(counts)
    assert min(counts.values()) >= 3


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: f"{defect.code}: {defect.name}")
async def test_defect_is_told_with_its_step_and_what_to_do(defect, process, assets, facts):
    found = await warnings_of(process, defect.request, assets, facts, rendered=defect.measured)
    told = [warning for warning in found if warning.code == defect.code]
    assert {warning.step_id for warning in told} == {defect.step}, found
    assert {warning.code.value for warning in found} <= {defect.code, *defect.also}
    for warning in found:
        assert warning.hint
        assert warning.value is not None
        assert warning.limit is not None or warning.code in WITHOUT_LIMIT
        assert warning.at_ms is not None or warning.step_id is None or warning.code in WITHOUT_TIME


@pytest.mark.parametrize("name", CLEAN)
async def test_nothing_is_told_when_a_tutorial_is_clean(name, process, assets, facts):
    assert await warnings_of(process, CLEAN[name], assets, facts) == []
    assert await warnings_of(process, CLEAN[name], assets, facts, rendered=True) == []


@pytest.mark.parametrize("defect", [d for d in DEFECTS if not d.measured][::4], ids=lambda defect: defect.name)
async def test_check_tells_what_the_render_tells_but_what_only_its_result_shows(defect, process, assets, facts):
    told = set(await warnings_of(process, defect.request, assets, facts))
    rendered = set(await warnings_of(process, defect.request, assets, facts, rendered=True))
    assert told <= rendered
    assert {warning.code for warning in rendered - told} <= MEASURED
