"""However a render process dies, the worker is told why, and neither process nor folder remains."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from pathlib import Path

import pytest

from preview_worker.errors import (
    PermanentError,
    RenderCrashError,
    RenderStartError,
    RenderStuckError,
    ResourceLimitError,
    TransientError,
)
from preview_worker.render.launching import Program
from preview_worker.render.lifecycle import InvalidStateError, ProcessLimits, ProcessState
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import LogLine, Probe, ProtocolError, Shutdown, Work
from preview_worker.render.watch import resident_bytes

ZOO = Path(__file__).parent.parent / "zoo"
LIMITS = ProcessLimits(start_s=10, quiet_s=0.6, memory_bytes=200_000_000, watch_s=0.02)

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX's")]


def process_of(folder, animal, limits=LIMITS):
    return RenderProcess(folder / "work", limits=limits, launch=Program((sys.executable, str(ZOO / f"{animal}.py"))))


def command(project_id="project"):
    return Probe(
        work=Work(job_id="j", project_id=project_id, request_id="r", digest="d", request={"steps": []}, sources={})
    )


async def ignore(_event):
    """Take events as they come."""


def is_alive(pid):
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def open_files():
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def gone(pid, deadline_s=2.0):
    give_up = time.monotonic() + deadline_s
    while is_alive(pid):
        assert time.monotonic() < give_up, f"process {pid} is still there"
        await asyncio.sleep(0.01)


async def outcome(folder, animal, *, deadline_s=20.0, limits=LIMITS):
    """Run one command in a program of the zoo; returns what was raised."""
    process = process_of(folder, animal, limits)
    async with process:
        pid = process.pid
        with pytest.raises((TransientError, PermanentError)) as caught:
            await process.run(command(), ignore, deadline_s=deadline_s)
        assert process.state is ProcessState.DEAD
        await gone(pid)
        assert not process.folder.exists()
    return caught.value


async def test_silent_exit_is_a_crash(tmp_path):
    error = await outcome(tmp_path, "exits_silently")
    assert type(error) is RenderCrashError
    assert "code 0" in error.sentence


async def test_last_words_are_told_when_it_exits_with_a_code(tmp_path):
    error = await outcome(tmp_path, "exits_with_words")
    assert "code 3" in error.sentence
    assert "the disk has gone away" in error.hint


async def test_signal_is_named_when_it_crashes(tmp_path):
    error = await outcome(tmp_path, "crashes")
    assert type(error) is RenderCrashError
    assert "SIGSEGV" in error.sentence


async def test_silence_is_stuck_when_it_hangs(tmp_path):
    error = await outcome(tmp_path, "hangs")
    assert type(error) is RenderStuckError
    assert "sign of life" in error.sentence


async def test_row_09_deadline_is_stuck_when_progress_never_ends(tmp_path):
    error = await outcome(tmp_path, "works_for_ever", deadline_s=0.5)
    assert type(error) is RenderStuckError
    assert "within 0.5 s" in error.sentence


async def test_deadline_is_shortened_when_the_plan_says_how_long_it_may_take(tmp_path):
    process = process_of(tmp_path, "works_for_ever", LIMITS)
    process.hasten(0.1)  # nothing runs: nothing to shorten

    async def hasten(_event):
        process.hasten(30)  # no more than it has
        process.hasten(0.4)

    async with process:
        with pytest.raises(RenderStuckError, match=r"within 0\.4 s"):
            await process.run(command(), hasten, deadline_s=20)


@pytest.mark.parametrize("animal", ["floods_output", "talks_nonsense"])
async def test_protocol_is_enforced_when_it_writes_anything_else(tmp_path, animal):
    assert type(await outcome(tmp_path, animal)) is ProtocolError


async def test_closed_output_is_a_crash_when_it_stays(tmp_path):
    assert type(await outcome(tmp_path, "closes_output")) is RenderCrashError


async def test_failure_keeps_code_and_hint_when_it_is_reported_well(tmp_path):
    error = await outcome(tmp_path, "fails_well")
    assert isinstance(error, PermanentError)
    assert (error.code, error.hint) == ("asset-undecodable", "Export it again.")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system doesn't tell a process's memory")
async def test_memory_limit_is_permanent_when_it_takes_too_much(tmp_path):
    error = await outcome(tmp_path, "eats_memory", limits=ProcessLimits(memory_bytes=200_000_000, watch_s=0.02))
    assert type(error) is ResourceLimitError
    assert "200 MB" in error.sentence


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system doesn't tell a process's memory")
async def test_memory_of_helpers_counts_beyond_what_they_share(tmp_path, monkeypatch):
    process = process_of(tmp_path, "helper_eats_memory", ProcessLimits(memory_bytes=250_000_000, watch_s=0.02))
    sharing, looked_at = asyncio.Event(), asyncio.Event()
    looks = []

    def look(pid):
        if sharing.is_set():
            looks.append(pid)
            if len(looks) > 3 * len(set(looks)) == 9:
                looked_at.set()
        return resident_bytes(pid)

    async def handle(_event):
        sharing.set()

    monkeypatch.setattr("preview_worker.render.watch.resident_bytes", look)
    async with process:
        task = asyncio.create_task(process.run(command(), handle, deadline_s=20))
        # Three processes show 360 MB each time they are looked at, and take 120.
        await asyncio.wait_for(looked_at.wait(), 10)
        assert not task.done()
        await process.answer(Shutdown())
        with pytest.raises(ResourceLimitError, match="250 MB are allowed"):
            await task


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
async def test_processor_limit_is_permanent_when_it_computes_for_ever(tmp_path):
    error = await outcome(tmp_path, "eats_processor", limits=ProcessLimits(processor_ratio=0.05))
    assert type(error) is ResourceLimitError
    assert "processor time" in error.sentence


async def test_error_stream_is_drained_and_bounded_when_flooded(tmp_path):
    async with process_of(tmp_path, "floods_errors", ProcessLimits(quiet_s=20)) as process:
        await process.run(command(), ignore, deadline_s=20)
        assert 0 < len(process.stderr_tail) <= 4096


@pytest.mark.parametrize(
    ("animal", "kind"),
    [
        ("never_greets", RenderStartError),
        ("greets_wrongly", RenderStartError),
        ("sleeps_before_hello", RenderStuckError),
    ],
)
async def test_start_fails_when_it_never_becomes_ready(tmp_path, animal, kind):
    process = process_of(tmp_path, animal, ProcessLimits(start_s=0.5 if animal == "sleeps_before_hello" else 10))
    with pytest.raises(kind):
        await process.start()
    assert process.state is ProcessState.DEAD
    assert not process.folder.exists()


async def test_whole_group_dies_within_a_second_when_the_caller_is_cancelled(tmp_path):
    process = process_of(tmp_path, "ignores_termination", ProcessLimits())
    await process.start()
    forked = asyncio.get_running_loop().create_future()

    async def handle(event):
        if isinstance(event, LogLine):
            forked.set_result(event.values["pid"])

    task = asyncio.create_task(process.run(command(), handle, deadline_s=60))
    grandchild = await asyncio.wait_for(forked, 10)
    start = time.monotonic()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert time.monotonic() - start < 1
    await gone(process.pid)
    await gone(grandchild)
    assert not process.folder.exists()


async def test_what_a_process_leaves_behind_ends_with_it_though_nobody_stops_the_process(tmp_path):
    helpers = []

    async def handle(event):
        helpers.append(event.values["pid"])

    async with process_of(tmp_path, "leaves_helper") as process:
        await process.run(command(), handle, deadline_s=20)
        assert is_alive(helpers[0])
        await process.answer(Shutdown())  # it ends as one that dies in a pool does: its streams are still its helper's
        await gone(process.pid, deadline_s=10)
        await gone(helpers[0], deadline_s=10)
    assert process.state is ProcessState.DEAD


async def test_handler_error_ends_the_process_when_raised(tmp_path):
    async def refuse(_event):
        raise OSError("no space left")

    async with process_of(tmp_path, "finishes") as process:
        with pytest.raises(OSError, match="no space"):
            await process.run(command(), refuse, deadline_s=10)
        assert process.state is ProcessState.DEAD


async def test_process_serves_one_project_again_and_again_until_its_limit(tmp_path):
    async with process_of(tmp_path, "finishes", ProcessLimits(jobs=2)) as process:
        assert process.fits("project")
        await process.run(command(), ignore, deadline_s=10)
        assert process.fits("project")
        assert not process.fits("other")
        with pytest.raises(InvalidStateError, match="project alone"):
            await process.run(command("other"), ignore, deadline_s=10)
        await process.run(command(), ignore, deadline_s=10)
        assert not process.fits("project")
    assert process.state is ProcessState.DEAD


async def test_command_is_refused_when_the_process_is_dead_or_not_started(tmp_path):
    process = process_of(tmp_path, "finishes")
    with pytest.raises(InvalidStateError):
        await process.run(command(), ignore, deadline_s=1)
    await process.stop()
    with pytest.raises(InvalidStateError):
        await process.start()


async def test_secrets_stay_behind_when_a_process_is_started(tmp_path, monkeypatch):
    monkeypatch.setenv("PREVIEW_API_KEY", "pvw_secret")
    names = []

    async def handle(event):
        if isinstance(event, LogLine):
            names.extend(event.values["names"])

    async with process_of(tmp_path, "finishes") as process:
        await process.run(command(), handle, deadline_s=10)
    assert "PATH" in names
    assert not {name for name in names if name.startswith(("PREVIEW", "REDIS"))}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system doesn't list open files")
async def test_worker_keeps_no_file_open_when_processes_come_and_go(tmp_path):
    await outcome(tmp_path, "exits_silently")
    before = open_files()
    for animal in ("crashes", "talks_nonsense", "fails_well"):
        await outcome(tmp_path, animal)
    assert open_files() <= before
