"""The simulated disk: what a power cut may take, and what it may not."""

from __future__ import annotations

import contextvars
import random

import pytest

from preview_worker.chaos.simulation.disk import SimulatedDisk
from preview_worker.chaos.simulation.loop import SimulatedLoop
from preview_worker.chaos.simulation.process import CURRENT, Killed, SimulatedProcess
from preview_worker.contract.container import Build
from preview_worker.errors import StorageError
from preview_worker.storage.atomic import sync_file, sync_folder, write_json
from preview_worker.storage.publish import keep, manifest_of, new_stage, publish, published, write_manifest

CUTS = range(40)


def staged(root, job_id="job", fence=1):
    """A stage folder with a manifest, not synced yet."""
    stage = new_stage(root / "stage" / "owner", job_id, fence)
    (stage / "preview.json").write_text("{}")
    build = Build(version="1")
    write_manifest(
        stage, manifest_of(kind="plan", job_id=job_id, project_id="p", digest="0" * 64, build=build, files=())
    )
    return stage


def after_cuts(tmp_path, work):
    """What stands under each of many power cuts that follow the work."""
    for seed in CUTS:
        root = tmp_path / str(seed)
        root.mkdir()
        disk = SimulatedDisk(root, random.Random(seed))
        with disk.watched():
            work(root)
            disk.cut_power()
            yield root


def test_what_was_published_is_whole_after_every_power_cut(tmp_path):
    def work(root):
        publish(staged(root), root / "previews" / "project" / "job")
        keep(root / "previews" / "project" / "job")

    assert all(published(root / "previews" / "project" / "job") is not None for root in after_cuts(tmp_path, work))


def test_a_record_that_was_written_is_whole_after_every_power_cut(tmp_path):
    def work(root):
        write_json(root / "jobs" / "job.json", {"state": "completed"})

    found = {(root / "jobs" / "job.json").read_text() for root in after_cuts(tmp_path, work)}
    assert found == {'{"state":"completed"}'}


def test_what_was_not_synced_may_be_torn_gone_or_whole_after_a_power_cut(tmp_path):
    def work(root):
        (root / "file").write_text("content")

    found = {(root / "file").read_text() if (root / "file").exists() else None for root in after_cuts(tmp_path, work)}
    assert {None, "content", "\0" * 7} < found


def test_a_rename_that_was_not_synced_may_be_undone_by_a_power_cut(tmp_path):
    def work(root):
        (root / "file").write_text("content")
        sync_file(root / "file")
        sync_folder(root)
        (root / "file").rename(root / "other")

    found = {tuple(path.name for path in root.iterdir()) for root in after_cuts(tmp_path, work)}
    assert found == {("file",), ("other",)}


def test_a_power_cut_leaves_the_same_whatever_chance_named_the_files(tmp_path):
    left = []
    for naming in ("{:02}", "{:02}x", "x{:02}", "y{:02}"):
        order = range(20) if len(left) % 2 else reversed(range(20))
        names = [naming.format(number) for number in order]
        root = tmp_path / naming
        root.mkdir()
        disk = SimulatedDisk(root, random.Random(1))
        with disk.watched():
            for name in names:
                (root / name).mkdir()
                (root / name / "file").write_text("content")
            disk.cut_power()
        left.append([file.read_text() if (file := root / name / "file").is_file() else None for name in names])
    assert left[1:] == left[:-1]


def test_a_disk_that_lies_about_syncs_loses_what_was_published(tmp_path):
    lost = 0
    for seed in CUTS:
        root = tmp_path / str(seed)
        root.mkdir()
        disk = SimulatedDisk(root, random.Random(seed), loses_syncs=True)
        with disk.watched():
            publish(staged(root), root / "previews" / "project" / "job")
            keep(root / "previews" / "project" / "job")
            disk.cut_power()
        lost += not (root / "previews" / "project" / "job" / "container.json").exists()
    assert lost


def test_a_process_dies_before_the_change_that_it_was_told_to(tmp_path):
    process = SimulatedProcess("worker", SimulatedLoop())
    process.dies_after = 3
    disk = SimulatedDisk(tmp_path, random.Random(1))

    def work():
        CURRENT.set(process)
        for number in range(5):
            (tmp_path / str(number)).mkdir()

    with disk.watched(), pytest.raises(Killed):
        contextvars.copy_context().run(work)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1"]
    assert not process.alive


def test_a_dead_process_changes_nothing(tmp_path):
    process = SimulatedProcess("worker", SimulatedLoop())
    process.kill()

    def work():
        CURRENT.set(process)
        (tmp_path / "file").write_text("late")

    with SimulatedDisk(tmp_path, random.Random(1)).watched(), pytest.raises(Killed):
        contextvars.copy_context().run(work)

    assert not any(tmp_path.iterdir())


def test_a_disk_fails_once_where_it_was_told_to(tmp_path):
    process = SimulatedProcess("worker", SimulatedLoop())
    process.disk_fails_at = 1

    def work():
        CURRENT.set(process)
        with pytest.raises(OSError, match="Input/output"):
            (tmp_path / "first").mkdir()
        (tmp_path / "second").mkdir()

    with SimulatedDisk(tmp_path, random.Random(1)).watched():
        contextvars.copy_context().run(work)

    assert [path.name for path in tmp_path.iterdir()] == ["second"]


def test_a_disk_that_fails_syncs_publishes_nothing(tmp_path):
    stage = staged(tmp_path)
    disk = SimulatedDisk(tmp_path, random.Random(1))
    disk.fails_syncs = True
    with disk.watched(), pytest.raises(StorageError):
        publish(stage, tmp_path / "previews" / "project" / "job")
    assert not (tmp_path / "previews" / "project" / "job").exists()
