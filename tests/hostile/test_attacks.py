"""Files that ask for other files and for connections: nobody reads the canary's file, nobody calls it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.hostile.attacks import attacks
from support.hostile.canaries import Canaries, watching
from support.hostile.examiner import DiedError, fault_of

pytestmark = pytest.mark.anyio

EVERY = 8
"""The quick tier takes one of so many."""
ALLOWED = (
    "/proc/self/",
    "/sys/",
    "/dev/",
    sys.prefix,
    sys.base_prefix,
    str(Path(__file__).parents[2]),
    "/usr/",
    "/etc/ld",
)
NAIVE = """
import sys, av
with av.open(sys.argv[1], options={"safe": "0", "protocol_whitelist": "file,http,tcp"}):
    pass
"""


@pytest.fixture
def canaries(tmp_path):
    both = Canaries(tmp_path)
    yield both
    both.close()


async def refused(examiner, chosen):
    """Examine attacks; returns what is wrong with the answers, and names of those that were accepted."""
    faults, accepted = [], []
    for name, content, use in chosen:
        try:
            verdict = await examiner.examine(name, content, use)
        except DiedError as died:
            faults.append(str(died))
            continue
        if verdict.refusal is None:
            accepted.append(name)
        if fault := fault_of(verdict):
            faults.append(fault)
    return faults, accepted


@pytest.mark.parametrize("saying", ["ffconcat-file", "ffconcat-call"])
def test_canary_tells_when_a_reader_obeys(canaries, tmp_path, saying):
    obeyed = tmp_path / "obeyed.wav"
    found = {name: content for name, content, _ in attacks(canaries.file, canaries.port)}
    obeyed.write_bytes(found[f"{saying}-bare.wav"])
    reader = subprocess.Popen([sys.executable, "-c", NAIVE, str(obeyed)], stderr=subprocess.DEVNULL)
    try:
        canaries.until_called() if saying.endswith("call") else canaries.until_read()
    finally:
        reader.kill()
        reader.wait()


async def test_nobody_reads_or_calls_when_some_attacks_are_measured(examiner, canaries):
    chosen = attacks(canaries.file, canaries.port)[::EVERY]
    faults, accepted = await refused(examiner, chosen)
    assert not faults
    assert len(accepted) < 0.2 * len(chosen)
    assert (canaries.reads, canaries.calls()) == (0, 0)


@pytest.mark.full
async def test_nobody_reads_or_calls_when_every_attack_is_measured_and_every_system_call_watched(
    examiner, canaries, tmp_path, tally
):
    if shutil.which("strace") is None:
        reason = "strace isn't installed"
        pytest.fail(reason) if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip(reason)
    chosen = attacks(canaries.file, canaries.port)
    first, *_ = await refused(examiner, chosen[:3])
    assert not first
    with watching(await examiner.pid(), tmp_path / "calls.log") as watched:
        faults, accepted = await refused(examiner, chosen)
    assert not faults
    assert watched.opened
    foreign = {path for path in watched.opened if not path.startswith(ALLOWED) and str(examiner.folder) not in path}
    foreign = {path for path in foreign if Path(path).is_absolute()}
    assert not foreign
    assert not watched.reached
    assert (canaries.reads, canaries.calls()) == (0, 0)
    tally.add(
        "Attacks by playlists, protocols and references",
        files=len(chosen),
        refused=len(chosen) - len(accepted),
        accepted_and_the_reference_not_followed=", ".join(accepted),
        connections=len(watched.reached) + canaries.calls(),
        foreign_reads=len(foreign) + canaries.reads,
        files_opened_by_the_process=f"{len(watched.opened)}, by strace, all its own",
    )
