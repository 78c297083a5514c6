"""Damaged files, and those that others test their decoders with: each is accepted, or refused for good and clearly."""

from __future__ import annotations

import os
from pathlib import PurePosixPath

import pytest

from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import Cached, FileReady, Planned, Render
from support.forks import forked
from support.hostile.corpora import corpus_files
from support.hostile.examiner import VOICE, DiedError, fault_of, work_of
from support.hostile.mutations import mended, mutated, parts_of
from support.hostile.originals import originals

pytestmark = pytest.mark.anyio

FEW, MANY = 200, int(os.environ.get("HOSTILE_MUTATIONS", "10000"))
RENDERED = 100
LEAST_CORPUS = 1160
PICTURES = frozenset({"png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"})


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    return originals(tmp_path_factory.mktemp("originals"))


class Findings:
    """What became of many files."""

    def __init__(self):
        self.faults, self.accepted, self.refused, self.slowest_s, self.examined = [], [], 0, 0.0, 0

    async def examine(self, examiner, name, content, use):
        self.examined += 1
        try:
            verdict = await examiner.examine(PurePosixPath(name).name, content, use)
        except DiedError as died:
            self.faults.append(str(died))
            return
        self.slowest_s = max(self.slowest_s, verdict.took_s)
        if fault := fault_of(verdict):
            self.faults.append(fault)
        elif verdict.refusal is None:
            self.accepted.append((name, content, use))
        else:
            self.refused += 1

    def counts(self):
        return {
            "files": self.examined,
            "accepted": len(self.accepted),
            "refused": self.refused,
            "deaths_and_unclear_refusals": len(self.faults),
            "slowest": f"{self.slowest_s:.1f} s",
        }


def test_mutation_is_the_same_when_its_seed_and_number_are(honest):
    first, again = (mutated(honest, 3, 40) for _ in range(2))
    assert first == again != mutated(honest, 4, 40)


def test_parts_joined_are_the_file_when_it_is_cut_as_its_format_says(honest):
    for name, content, _ in honest:
        suffix = name.rpartition(".")[2]
        assert b"".join(parts_of(content, suffix)) == content
        assert len(parts_of(content, suffix)) > 1
        assert mended(content) == content


async def test_honest_file_is_accepted_when_it_is_examined(examiner, honest):
    findings = Findings()
    for name, content, use in honest:
        await findings.examine(examiner, name, content, use)
    assert not findings.faults
    assert len(findings.accepted) == len(honest)


async def test_damaged_file_is_accepted_or_refused_for_good_when_some_are_examined(examiner, honest, seed):
    findings = Findings()
    for number in range(FEW):
        await findings.examine(examiner, *mutated(honest, seed, number))
    assert not findings.faults
    assert min(len(findings.accepted), findings.refused) > FEW // 10


@pytest.mark.full
async def test_damaged_file_is_accepted_or_refused_for_good_when_ten_thousand_are_examined(
    examiner, honest, seed, tally, tmp_path
):
    findings = Findings()
    for number in range(MANY):
        await findings.examine(examiner, *mutated(honest, seed, number))
    assert not findings.faults, "\n".join(findings.faults[:20])
    assert min(len(findings.accepted), findings.refused) > MANY // 10
    step = len(findings.accepted) // RENDERED
    rendered = await _rendered(tmp_path, findings.accepted[::step][:RENDERED])
    assert rendered == RENDERED
    tally.add("Mutations", **findings.counts(), accepted_ones_rendered_to_the_end=rendered)


@pytest.mark.full
async def test_corpus_file_is_accepted_or_refused_for_good_when_all_are_examined(examiner, tally):
    findings = Findings()
    for name, content in corpus_files():
        use = "picture" if name.rpartition(".")[2].lower() in PICTURES else "sound"
        await findings.examine(examiner, f"{findings.examined}-{PurePosixPath(name).name}", content, use)
    assert not findings.faults, "\n".join(findings.faults[:20])
    assert findings.examined >= LEAST_CORPUS
    tally.add("Corpora", **findings.counts())


async def _rendered(folder, accepted):
    """Render each to the end; returns how many videos there are."""
    videos = 0
    async with RenderProcess(folder / "renders", launch=forked()) as process:

        async def handle(event):
            nonlocal videos
            if isinstance(event, Planned):
                await process.answer(Cached(keys=[]))
            videos += isinstance(event, FileReady) and event.name.endswith(".mp4")

        for name, content, use in accepted:
            (process.folder / "in" / name).write_bytes(content)
            if use == "timings":
                (process.folder / "in" / "voice.wav").write_bytes(VOICE)
            await process.run(Render(work=work_of(name, content, use)), handle, deadline_s=60)
            await process.clear()
    return videos
