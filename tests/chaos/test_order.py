"""What a seed decides, who gets arms, and which jobs there are."""

from __future__ import annotations

import random
from collections import Counter

from preview_worker.chaos.armed import Armed, Armory, Arms, Deed
from preview_worker.chaos.campaign import Scale
from preview_worker.chaos.generator import mixed
from preview_worker.chaos.history import Lines, lines
from preview_worker.chaos.nemesis import Fault, Faults
from preview_worker.chaos.report import Section, markdown
from preview_worker.contract import validate_job
from preview_worker.faults import FaultPoint

ARMS = [Arms(point=point, deed=Deed.KILL) for point in (FaultPoint.TAKEN, FaultPoint.RENAMED)]


def test_a_seed_repeats_the_order_of_faults_and_another_one_changes_it():
    faults = Faults(kills=10, stops=3, servers=2, point_kills=4, point_stops=1)
    orders = [faults.shuffled(random.Random(seed)) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    counts = {Fault.KILL: 10, Fault.STOP: 3, Fault.SERVER: 2, Fault.POINT_KILL: 4, Fault.POINT_STOP: 1}
    assert Counter(orders[0]) == Counter(orders[2]) == counts
    assert faults.without_points() == Faults(kills=15, stops=3, servers=2)


def test_arms_put_aside_for_a_slot_go_to_it_alone_and_shared_ones_to_those_that_share():
    armory = Armory()
    armory.put_aside(2, ARMS[0])
    armory.share(ARMS, [0, 1])
    assert armory.take(2) == ARMS[0]
    assert armory.take(2) is None
    assert [armory.take(1), armory.take(0), armory.take(0)] == [*ARMS, None]


def test_renders_are_spread_among_plans_and_all_jobs_are_valid_and_differ():
    jobs = list(mixed(20, 5))
    assert [number for number, job in enumerate(jobs) if not job["dryRun"]] == [3, 7, 11, 15, 19]
    assert all(not validate_job(job).errors for job in jobs)
    assert len({job["jobId"] for job in jobs}) == len({str(job["previewRequest"]) for job in jobs}) == 20


def test_the_full_scale_is_what_was_promised_and_the_smallest_has_one_of_everything():
    full, least = Scale(share=1.0), Scale(share=0.001)
    assert (full.load.jobs, full.load.renders) == (10_000, 2_000)
    assert (full.faults.kills, full.faults.stops, full.faults.servers) == (200, 20, 20)
    assert least.faults == Faults(kills=1, stops=1, servers=1, point_kills=1, point_stops=1)


def test_a_worker_tells_of_every_point_and_does_nothing_where_it_is_not_armed(tmp_path):
    with Lines(tmp_path / "trace.jsonl") as trace:
        reached = Armed(tmp_path, trace, Arms(point=FaultPoint.RENAMED, deed=Deed.KILL))
        for point in (FaultPoint.TAKEN, FaultPoint.FENCED):
            reached(point, "moon")
    assert [line.event for line in lines(tmp_path / "trace.jsonl")] == ["taken", "fenced"]


def test_a_report_tells_command_numbers_and_what_broke():
    section = Section(
        title="Kills",
        text="Three workers.",
        head=["", "seed 1"],
        rows=[["lost", "1"]],
        failures=["lost: moon"],
        load=2.5,
    )
    told = markdown("preview-worker chaos --scale 1", [section])
    assert "    preview-worker chaos --scale 1\n" in told
    assert (
        "## Kills\n\nThree workers. Load average at the end: 2.5.\n\n|  | seed 1 |\n| --- | --- |\n| lost | 1 |\n"
        in told
    )
    assert "\nBroken:\n\n- lost: moon\n" in told
