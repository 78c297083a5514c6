"""A crew: real forked helpers make the pieces, tell of them, and fail or die in order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys

import pytest

from preview_worker.errors import AssetError, PermanentError, TransientError
from preview_worker.render.child.crew import Crew, Report, can_fork
from support.pieces import made_by_whom, pieces_of

pytestmark = [
    pytest.mark.skipif(not can_fork(), reason="no process is forked here"),
    # Python 3.12 and later warn of threads, which the test runner has and a render process hasn't.
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


class Told:
    """What a crew reported."""

    def __init__(self):
        self.frames, self.made = {}, {}

    @property
    def report(self):
        return Report(advanced=self._advanced, made=self._made)

    def _advanced(self, piece, frames):
        self.frames[piece.key] = self.frames.get(piece.key, 0) + frames

    def _made(self, piece, made):
        assert piece.key == made.key
        self.made[made.key] = made.verdict.decoded_frames


def run(make, pieces, processes):
    told = Told()
    with Crew(make, pieces, processes, told.report) as crew:
        crew.work()
    return told, crew


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_every_piece_is_made_and_told_of_once(processes):
    pieces = pieces_of(*[15] * 9)
    told, crew = run(made_by_whom, pieces, processes)
    assert set(told.made) == {piece.key for piece in pieces}
    assert told.frames == dict.fromkeys(told.made, 15)
    assert len(crew.helper_pids) == processes - 1
    assert set(told.made.values()) <= {os.getpid(), *crew.helper_pids}


def test_a_helper_makes_its_own_run_while_this_process_waits():
    told, crew = run(made_by_whom, pieces_of(15, 15), 2)
    assert told.made["s0"] == crew.helper_pids[0]


def test_no_helper_is_started_when_there_is_no_second_piece():
    assert run(made_by_whom, pieces_of(15), 4)[1].helper_pids == ()
    assert run(made_by_whom, [], 4)[1].helper_pids == ()


def test_helpers_are_gone_when_the_block_is_left():
    _, crew = run(made_by_whom, pieces_of(15, 15, 15), 3)
    for pid in crew.helper_pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.parametrize(("failing", "processes"), [("s0", 1), ("s0", 2), ("s1", 2)])
def test_failure_keeps_its_members_wherever_it_happens(failing, processes):
    def make(piece, advance):
        if piece.key == failing:
            raise AssetError("The picture is none.", pointer="/assets/0", hint="Send one.", code="asset-undecodable")
        return made_by_whom(piece, advance)

    with pytest.raises(PermanentError, match=r"The picture is none\.") as caught:
        run(make, pieces_of(15, 15), processes)
    assert (caught.value.pointer, caught.value.hint) == ("/assets/0", "Send one.")
    assert caught.value.code == "asset-undecodable"


def test_no_further_piece_is_begun_when_one_failed():
    def make(piece, _advance):
        raise AssetError(f"{piece.key} fails.")

    told = Told()
    with pytest.raises(AssetError), Crew(make, pieces_of(*[15] * 9), 1, told.report) as crew:
        crew.work()
    assert told.made == {}


def test_unforeseen_failure_of_a_helper_may_be_tried_again(capfd):
    def make(piece, advance):
        if piece.key == "s0":
            raise ZeroDivisionError
        return made_by_whom(piece, advance)

    with pytest.raises(TransientError, match="ZeroDivisionError"):
        run(make, pieces_of(15, 15), 2)
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_work_goes_on_with_fewer_helpers_when_the_system_is_at_a_limit(monkeypatch):
    forks = []

    def start(process):
        forks.append(process)
        if len(forks) > 1:
            raise BlockingIOError("no more processes")
        real_start(process)

    real_start = multiprocessing.context.ForkProcess.start
    monkeypatch.setattr(multiprocessing.context.ForkProcess, "start", start)
    pieces = pieces_of(*[15] * 9)
    told, crew = run(made_by_whom, pieces, 4)
    assert set(told.made) == {piece.key for piece in pieces}
    assert (len(crew.helper_pids), crew.missing) == (1, 2)


def test_failure_of_this_process_ends_helpers_in_the_middle_of_their_work():
    ready_read, ready_write = os.pipe()

    def make(piece, _advance):
        if piece.key == "s0":
            os.write(ready_write, b"x")
            signal.pause()
        assert os.read(ready_read, 1) == b"x"
        raise AssetError("The second fails.")

    with pytest.raises(AssetError, match="The second fails"):
        run(make, pieces_of(15, 15), 2)
    os.close(ready_read)
    os.close(ready_write)


DYING = """
import os, signal
from preview_worker.render.child.crew import Crew, Report
from support.pieces import made_by_whom, pieces_of

def make(piece, advance):
    if piece.key == "s0":
        os.kill(os.getpid(), signal.{name})
    return made_by_whom(piece, advance)

with Crew(make, pieces_of(15, 15), 2, Report(advanced=print, made=print)) as crew:
    crew.work()
"""


@pytest.mark.parametrize("name", ["SIGKILL", "SIGXCPU"])
def test_process_dies_the_death_of_its_helper(name):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    ended = subprocess.run(
        [sys.executable, "-c", DYING.format(name=name)], check=False, capture_output=True, timeout=20, env=environment
    )
    assert ended.returncode == -signal.Signals[name].value
