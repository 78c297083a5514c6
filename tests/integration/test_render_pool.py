"""The pool of real render processes: who gets which, and what stays of them."""

from __future__ import annotations

import asyncio

import pytest

from preview_worker.errors import ConfigurationError, RenderStartError, StorageError
from preview_worker.render.fork_server import ForkServer, has_fork_server
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import Probe, Work
from preview_worker.worker.pool import RenderPool
from support.forks import shared_server
from support.queues import until

pytestmark = pytest.mark.anyio

STEP = {"id": "intro", "title": "A game", "durationMs": 1000}
REQUEST = {"title": "A game", "language": "en", "steps": [STEP], "assets": [], "audio": {}}
LEFT_OVER = 3000
"""Files that take some milliseconds to remove: a cancellation falls in between."""


class Starts:
    """Makes processes and remembers them; at most so many live at once."""

    def __init__(self, server):
        self.server = server
        self.made = []
        self.most = 99
        self.fault = RenderStartError("No render process can be forked: out of memory.")
        self.refused = 0

    def __call__(self, folder):
        self.made.append(RenderProcess(folder, launch=self.launch))
        return self.made[-1]

    async def launch(self, folder, terms, /, *, patience_s):
        if sum(made.alive for made in self.made) >= self.most:
            self.refused += 1
            raise self.fault
        return await self.server(folder, terms, patience_s=patience_s)


@pytest.fixture
def starts():
    return Starts(shared_server())


async def ignore(_event):
    """Take an event."""


async def work(process, project_id):
    """Give a process something that succeeds."""
    job = Work(job_id="j", project_id=project_id, request_id="r", digest="d", request=REQUEST, sources={})
    await process.run(Probe(work=job), ignore, deadline_s=30)


async def test_a_project_gets_its_process_again_and_another_project_another(tmp_path, starts):
    async with RenderPool(tmp_path / "work", starts, idle_max=2) as pool:
        async with pool.lend("azul") as process:
            assert process is starts.made[0]
            await work(process, "azul")
        async with pool.lend("azul") as again, pool.lend("catan") as other:
            assert again is process
            assert other is starts.made[1]
            await work(other, "catan")
    assert all(not made.folder.exists() for made in starts.made)


async def test_the_process_that_told_of_the_sandbox_serves_whichever_project_comes_first(tmp_path, starts):
    async with RenderPool(tmp_path / "work", starts, idle_max=2) as pool:
        level = await pool.sandbox()
        async with pool.lend("azul") as process:
            assert [process] == starts.made
            assert process.sandbox is level
            await work(process, "azul")


async def test_a_projects_own_process_comes_before_one_that_knows_no_project(tmp_path, starts):
    async with RenderPool(tmp_path / "work", starts, idle_max=2) as pool:
        async with pool.lend("azul") as own:
            await pool.sandbox()
            await work(own, "azul")
        async with pool.lend("azul") as again:
            assert again is own


async def test_process_is_replaced_when_it_has_ended(tmp_path, starts):
    async with RenderPool(tmp_path / "work", starts, idle_max=2) as pool:
        async with pool.lend("azul") as process:
            await work(process, "azul")
            await process.stop()
        async with pool.lend("azul") as fresh:
            assert fresh is not process
            await work(fresh, "azul")


async def test_nothing_stays_of_a_process_whose_borrower_is_cancelled_while_it_starts(tmp_path, starts):
    async with RenderPool(tmp_path / "work", starts, idle_max=2) as pool:

        async def borrow():
            async with pool.lend("azul"):
                raise AssertionError("cancelled before")

        first = asyncio.create_task(borrow())
        await asyncio.sleep(0)  # it waits for the process now
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert starts.made[0].state == "dead"
        async with pool.lend("azul") as process:
            await work(process, "azul")
        assert len(starts.made) == 2
    assert list((tmp_path / "work").iterdir()) == []


async def test_no_process_outlives_the_pool_and_its_server_ends_with_it(tmp_path):
    server = ForkServer() if has_fork_server() else None
    starts = Starts(server)
    async with RenderPool(tmp_path / "work", starts, idle_max=2, server=server) as pool, pool.lend("azul") as process:
        await work(process, "azul")
        assert server is None or server.pid is not None
    assert list((tmp_path / "work").iterdir()) == []
    assert server is None or server.pid is None


async def test_no_folder_is_left_when_a_start_is_cancelled_while_it_makes_its_folders(tmp_path):
    left_over = tmp_path / "process" / "in" / "segments"
    left_over.mkdir(parents=True)
    for number in range(LEFT_OVER):
        (left_over / f"{number}").touch()
    process = RenderProcess(tmp_path / "process")
    starting = asyncio.create_task(process.start())

    async def begun():
        return len(list(left_over.iterdir())) < LEFT_OVER

    await until(begun)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert process.state == "dead"
    assert not process.folder.exists()


async def test_a_warm_process_is_given_up_when_the_machine_has_no_room_for_another(tmp_path, starts):
    starts.most = 1
    async with RenderPool(tmp_path / "work", starts, idle_max=2) as pool:
        async with pool.lend("azul") as process:
            await work(process, "azul")
        async with pool.lend("catan") as other:
            await work(other, "catan")
        assert await pool.hindrance() is None
    assert not process.alive


@pytest.mark.parametrize(
    "fault",
    [RenderStartError("No memory is left."), ConfigurationError("This machine confines render processes less.")],
    ids=["no process", "no sandbox"],
)
async def test_a_machine_in_need_is_in_the_way_until_a_process_starts_and_is_tried_more_and_more_seldom(
    tmp_path, starts, fault
):
    now_s = 0.0
    async with RenderPool(tmp_path / "work", starts, idle_max=2, clock=lambda: now_s) as pool:
        async with pool.lend("azul") as process:
            await work(process, "azul")
            starts.most, starts.fault = 0, fault
            with pytest.raises(RenderStartError):
                async with pool.lend("catan"):
                    pass
        tries = []
        while now_s < 100:
            tried = starts.refused
            assert (await pool.hindrance()).sentence == fault.sentence
            await settled_tasks()
            tries += [now_s] * (starts.refused - tried)
            now_s += 0.5
        assert tries == [1.0, 1.0, 3.0, 8.0, 23.0, 53.0, 83.0]  # at first the warm process is given up
        starts.most, now_s = 99, 113.0
        await pool.hindrance()

        async def free():
            return await pool.hindrance() is None

        await until(free)


async def test_work_that_was_done_is_not_undone_by_what_its_process_leaves(tmp_path, starts, monkeypatch):
    async def fail(_process):
        raise StorageError("Can't clear the folder.")

    monkeypatch.setattr(RenderProcess, "clear", fail)
    async with RenderPool(tmp_path / "work", starts, idle_max=2) as pool:
        async with pool.lend("azul") as process:
            await work(process, "azul")
        assert not process.alive
        assert not process.folder.exists()


async def settled_tasks():
    """Wait until no task but this one is left."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait(
        {task for task in others if task.get_name() == "render-start-again"} or {asyncio.create_task(asyncio.sleep(0))}
    )
