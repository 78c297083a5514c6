"""What is over goes, and nothing else: approved and latest previews, what is young by any clock, too much at once."""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from preview_worker.storage.caches import BOUNDS, Bound
from preview_worker.storage.cleaning import FEW, Cleaner, last_refusal
from preview_worker.storage.damages import Damages
from preview_worker.storage.janitor import Tenancy
from preview_worker.storage.jobs import JobFiles
from preview_worker.storage.live import LiveFolder
from preview_worker.storage.places import Places
from preview_worker.storage.publish import discard, link_or_copy, new_stage, published
from preview_worker.storage.retention import DAY_MS, Retention
from preview_worker.storage.scrubbing import Scrubber
from preview_worker.storage.trash import discard_published
from preview_worker.storage.trust import ClockTrust
from support.disks import MIB, PretendDisk, guard_of
from support.publications import job_file, publish_preview
from support.users import as_nobody

DAY_S = DAY_MS / 1000
posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")


class House:
    def __init__(self, folder):
        self.places, self.disk = Places(folder), PretendDisk()
        self.trust = ClockTrust(self.places.clock, 7 * DAY_MS)
        self.trust.confirm()

    def cleaner(self, *, keeps="approved-and-last", caches_bytes=1000 * MIB, plan_days=7, bounds=BOUNDS):
        retention = Retention(preview_ms=7 * DAY_MS, plan_ms=plan_days * DAY_MS, failed_ms=7 * DAY_MS, keeps=keeps)
        guard = guard_of(self.disk)
        kept = {"retention": retention, "trust": self.trust, "guard": guard}
        return Cleaner(self.places, **kept, caches_bytes=caches_bytes, bounds=bounds)

    def finished(self, job_id, *, days_ago, file_days_ago=None, kind="preview", record=True):
        """A published job of that age by its record, and by its file's time."""
        folder = publish_preview(self.places, job_id=job_id, kind=kind)
        at_s = time.time() - (days_ago if file_days_ago is None else file_days_ago) * DAY_S
        os.utime(folder / "container.json", (at_s, at_s))
        if record:
            self.record(job_id, days_ago=days_ago, dry_run=kind == "plan")
        return folder

    def record(self, job_id, *, days_ago, **members):
        finished_ms = round((time.time() - days_ago * DAY_S) * 1000)
        times = {"finished_at_ms": finished_ms, "expires_at_ms": finished_ms + 7 * DAY_MS}
        JobFiles(self.places.jobs).write(job_file(job_id, **times, **members))
        path = self.places.jobs / f"{job_id.lower()}.json"
        os.utime(path, (finished_ms / 1000, finished_ms / 1000))
        return path

    def remember(self, kind, job_id):
        folder = self.places.history("board-games")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{kind}-{job_id}.{kind}.json").write_text(json.dumps({"jobId": job_id}))


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


@pytest.fixture
def nobodys_house(tmp_path, monkeypatch):
    """Makes a house of whoever calls, by a path that everybody may go."""
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path)
    return lambda: House(Path())


def names(cleaned):
    return sorted(removal.path.name for removal in cleaned.removed)


def test_previews_and_plans_go_when_their_time_is_over(house):
    old = [house.finished("old", days_ago=8), house.finished("old-plan", days_ago=8, kind="plan")]
    young = house.finished("young", days_ago=6)
    assert names(house.cleaner().retain()) == ["old", "old-plan"]
    assert [path.exists() for path in (*old, young)] == [False, False, True]
    assert list(house.places.trash.iterdir()) == []
    assert house.cleaner().retain().removed == ()


@pytest.mark.parametrize("place", ["cache/facts/7", "dead-letters"])
@pytest.mark.parametrize(("most", "size_bytes", "left"), [(3, 1000, 3), (100, 25, 2), (100, 1000, 5), (0, 1000, 0)])
def test_the_oldest_facts_and_dead_letters_go_beyond_a_number_and_a_size(house, place, most, size_bytes, left):
    folder = house.places.root / place
    folder.mkdir(parents=True)
    for number in range(5):
        path = folder / f"{number}.json"
        path.write_bytes(b"0123456789")
        os.utime(path, (1000 + number, 1000 + number))
    bounds = [Bound(kind="kept", place=place, most=most, size_bytes=size_bytes)]

    would = house.cleaner(bounds=bounds).tidy(dry_run=True)
    done = house.cleaner(bounds=bounds).tidy()

    assert [removal.path.name for removal in done.removed] == [f"{number}.json" for number in range(5 - left)]
    assert sorted(path.name for path in folder.iterdir()) == [f"{number}.json" for number in range(5 - left, 5)]
    assert would == done
    assert {(removal.kind, removal.size_bytes) for removal in done.removed} <= {("kept", 10)}


def test_facts_and_dead_letters_of_the_last_hour_stay_however_many_they_are(house):
    house.places.dead_letters.mkdir()
    (house.places.dead_letters / "young.g1.json").write_text("{}")
    bounds = [Bound(kind="kept", place="dead-letters", most=0, size_bytes=0)]
    assert house.cleaner(bounds=bounds).tidy().removed == ()


def test_facts_and_dead_letters_have_bounds(house):
    places = {house.places.root / bound.place: bound for bound in BOUNDS}
    assert set(places) == {house.places.facts, house.places.dead_letters}
    assert all(bound.most and bound.size_bytes for bound in places.values())


def test_what_is_known_of_a_previews_damage_goes_with_it(house):
    for job_id, days_ago in (("old", 8), ("young", 6)):
        folder = house.finished(job_id, days_ago=days_ago)
        (folder / "preview.mp4").write_bytes(b"damaged")
        Scrubber(house.places).look(folder)
    house.cleaner().retain()
    assert Damages(house.places).jobs() == ["young"]
    assert [path.name for path in (house.places.root / "damaged").iterdir()] == ["young.json"]


def test_row_30_a_preview_stays_when_only_one_of_its_times_is_old(house):
    house.finished("young-by-its-file", days_ago=8, file_days_ago=1)
    house.finished("young-by-its-record", days_ago=1, file_days_ago=8)
    assert house.cleaner().retain().removed == ()


def test_each_state_has_a_time_of_its_own(house):
    house.finished("preview", days_ago=8)
    house.finished("plan", days_ago=8, kind="plan")
    assert names(house.cleaner(plan_days=9).retain()) == ["preview"]


@pytest.mark.parametrize(
    ("keeps", "gone"),
    [("approved-and-last", ["other"]), ("approved", ["last", "other"]), ("none", ["Approved", "last", "other"])],
)
def test_the_approved_and_the_last_preview_of_a_chapter_stay_as_it_is_set(house, keeps, gone):
    for job_id in ("Approved", "last", "other"):
        house.finished(job_id, days_ago=20)
    house.remember("approved", "Approved")
    house.remember("last", "last")
    assert names(house.cleaner(keeps=keeps).retain()) == gone


def test_a_record_tells_of_a_preview_for_thirty_days_after_it_is_gone(house):
    recent, gone = house.record("recent", days_ago=36), house.record("gone", days_ago=38)
    failed = house.record("failed", days_ago=38, state="failed")
    house.finished("standing", days_ago=40)
    house.remember("approved", "standing")
    assert names(house.cleaner().retain()) == ["failed.json", "gone.json"]
    assert (recent.exists(), gone.exists(), failed.exists()) == (True, False, False)
    assert (house.places.jobs / "standing.json").exists()


def test_orphans_go_by_their_own_times(house):
    house.finished("without-record", days_ago=8, record=False)
    house.finished("young-without-record", days_ago=2, record=False)
    orphan = house.places.preview("board-games", "without-manifest")
    orphan.mkdir()
    assert names(house.cleaner().retain()) == ["without-record"]
    os.utime(orphan, (1, 1))
    assert names(house.cleaner().retain()) == ["without-manifest"]


def test_row_30_nothing_goes_while_the_clock_is_doubted_until_somebody_confirms(house):
    folder = house.finished("old", days_ago=8)
    house.places.clock.unlink()
    refused = house.cleaner().retain()
    assert (refused.removed, [removal.path for removal in refused.refused]) == ((), [folder])
    assert "nothing is known yet of the clock" in last_refusal(house.places)
    assert folder.exists()
    assert names(house.cleaner().retain(confirmed=True)) == ["old"]
    assert last_refusal(house.places) is None
    house.finished("older", days_ago=9)
    assert names(house.cleaner().retain()) == ["older"]


def test_too_much_at_once_is_refused_until_somebody_confirms(house):
    for number in range(FEW + 1):
        house.finished(f"old-{number}", days_ago=8)
    refused = house.cleaner().retain()
    assert (refused.removed, len(refused.refused)) == ((), FEW + 1)
    assert f"{FEW + 1} of {FEW + 1} previews and plans" in last_refusal(house.places)
    assert len(house.cleaner().retain(confirmed=True).removed) == FEW + 1


def test_a_dry_run_tells_and_removes_nothing(house):
    folder = house.finished("old", days_ago=8)
    (removal,) = house.cleaner().retain(dry_run=True).removed
    assert (removal.kind, removal.why, removal.size_bytes > 10_000) == ("preview", "it is 8 days old", True)
    assert folder.exists()


def test_row_26_nothing_is_touched_while_data_dir_is_gone(house):
    house.finished("old", days_ago=8)
    house.disk.space = house.disk.space.__class__(free_bytes=0, total_bytes=0, present=False)
    assert house.cleaner().tidy().removed == house.cleaner().retain(confirmed=True).removed == ()


def test_row_26_nothing_is_touched_while_the_disk_takes_no_writes(house):
    segment = cached(house, "a", hours_ago=3)
    (house.places.stage / "dead").mkdir(parents=True)
    house.disk.space = replace(house.disk.space, writable=False)
    assert house.cleaner(caches_bytes=0).tidy().removed == ()
    assert segment.exists()
    assert (house.places.stage / "dead").exists()


def left(cleaned):
    """What a run left, by path; each with its reason once."""
    reasons = dict(reason.split(": ", 1) for reason in cleaned.left)
    assert len(reasons) == len(cleaned.left)
    return reasons


def aged(house, project, job_id):
    """A preview of another project that nobody has a record of; old."""
    folder = publish_preview(house.places, project=project, job_id=job_id)
    os.utime(folder / "container.json", (1, 1))
    return folder


SHUT = [
    ("previews/board-games", 0o600),
    ("previews/board-games", 0o300),
    ("previews/board-games/old", 0o600),
    ("jobs/old.json", 0o200),
]


@posix
@pytest.mark.parametrize(("shut", "mode"), SHUT)
def test_what_can_not_be_looked_at_keeps_no_other_from_going_and_is_told_of(nobodys_house, shut, mode):
    with as_nobody():
        house = nobodys_house()
        for name in ("old", "older"):
            house.finished(name, days_ago=8)
        aged(house, "other", "goes")
        path, whole = house.places.root / shut, shut == "previews/board-games"
        path.chmod(mode)
        would, done = house.cleaner().retain(dry_run=True), house.cleaner().retain()
        path.chmod(0o700)
        assert names(would) == names(done) == (["goes"] if whole else ["goes", "older"])
        assert left(would) == left(done)
        (reason,) = left(done).items()
        assert reason[0] == ("previews/board-games/old" if "old" in shut else shut)
        assert "Permission denied" in reason[1]
        assert names(house.cleaner().retain()) == (["old", "older"] if whole else ["old"])


@posix
def test_the_record_of_a_preview_that_nobody_can_look_at_stays(nobodys_house):
    with as_nobody():
        house = nobodys_house()
        house.finished("approved", days_ago=40)
        house.record("gone", days_ago=40, project="other")
        project = house.places.preview("board-games", "approved").parent
        project.chmod(0o300)
        done = house.cleaner().retain()
        project.chmod(0o700)
    assert names(done) == ["gone.json"]
    assert (house.places.jobs / "approved.json").exists()


@posix
@pytest.mark.parametrize("shut", ["history", "history/board-games", "history/board-games/approved-a.approved.json"])
def test_no_preview_of_a_project_goes_while_nobody_can_see_which_was_approved(nobodys_house, shut):
    with as_nobody():
        house = nobodys_house()
        for name in "ab":
            house.finished(name, days_ago=8)
        house.finished("plan", days_ago=8, kind="plan")
        house.remember("approved", "a")
        path = house.places.root / shut
        path.chmod(0o300)
        done = house.cleaner().retain()
        path.chmod(0o700)
        assert (names(done), list(left(done))) == (["plan"], [shut])
        assert names(house.cleaner().retain()) == ["b"]


@pytest.fixture
def roots_folder():
    """Lets root put a folder below one of nobody's, who can't remove it then."""

    def put(parent):
        folder = parent / "roots"
        folder.mkdir(mode=0o700)
        (folder / "file").write_bytes(b"x")

    return put


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root is somebody else")
def test_what_is_out_of_sight_and_can_not_be_removed_is_told_of_until_it_goes(nobodys_house, roots_folder):
    with as_nobody():
        house = nobodys_house()
        stays = house.finished("stays", days_ago=8)
        aged(house, "other", "goes")
    roots_folder(stays)
    with as_nobody():
        done = house.cleaner().retain()
        tidied = [house.cleaner().tidy() for _ in range(2)]
    assert (names(done), stays.exists()) == (["goes"], False)
    (trash,) = house.places.trash.iterdir()
    reasons = {f"trash/{trash.name}": "Directory not empty"}
    assert trash.name.startswith("stays.")
    assert [left(cleaned) for cleaned in (done, *tidied)] == [reasons] * 3
    assert left(house.cleaner().tidy()) == {}
    assert list(house.places.trash.iterdir()) == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root is somebody else")
def test_early_files_that_can_not_be_removed_are_told_of_until_they_go(nobodys_house, roots_folder):
    with as_nobody():
        house = nobodys_house()
        attempt = LiveFolder(house.places.live("board-games", "moon"), 1)
        attempt.open()
    (folder,) = house.places.live("board-games", "moon").iterdir()
    roots_folder(folder)
    os.utime(folder, (1, 1))
    with as_nobody():
        first, second = [house.cleaner().tidy() for _ in range(2)]
    (folder,) = house.places.live("board-games", "moon").iterdir()
    assert left(first) == left(second) == {f"live/board-games/moon/{folder.name}": "Directory not empty"}
    assert first.removed == second.removed == ()
    last = house.cleaner().tidy()
    assert (names(last), left(last)) == (["moon"], {})


@posix
@pytest.mark.parametrize("shut", ["trash", "live", "live/board-games"])
def test_it_is_said_when_what_is_to_be_removed_can_not_be_listed(nobodys_house, shut):
    with as_nobody():
        house = nobodys_house()
        LiveFolder(house.places.live("board-games", "moon"), 1).open()
        house.places.trash.mkdir()
        (house.places.root / shut).chmod(0o300)
        assert left(house.cleaner().tidy()) == {shut: "Permission denied"}
        (house.places.root / shut).chmod(0o700)


@posix
def test_a_preview_goes_when_what_is_known_of_its_damage_can_not(nobodys_house):
    with as_nobody():
        house = nobodys_house()
        folder = house.finished("old", days_ago=8)
        Damages(house.places).distrust(folder, "preview.mp4")
        Damages(house.places).folder.chmod(0o500)
        assert names(house.cleaner().retain()) == ["old"]
        Damages(house.places).folder.chmod(0o700)
    assert Damages(house.places).jobs() == []


@posix
def test_what_can_not_be_removed_keeps_no_other_and_is_told_of(nobodys_house):
    with as_nobody():
        house = nobodys_house()
        stays, record = house.finished("a-stays", days_ago=8), house.record("lost", days_ago=40)
        other = publish_preview(house.places, project="other", job_id="goes")
        os.utime(other / "container.json", (1, 1))
        for folder in (stays.parent, record.parent):
            folder.chmod(0o500)
        done = house.cleaner().retain(confirmed=True)
        for folder in (stays.parent, record.parent):
            folder.chmod(0o700)
    assert names(done) == ["goes"]
    assert [reason.partition(":")[0] for reason in done.left] == ["previews/board-games/a-stays", "jobs/lost.json"]


@posix
def test_only_files_that_are_gone_count_as_removed(nobodys_house):
    with as_nobody():
        house = nobodys_house()
        stays, _ = cached(house, "a", hours_ago=3, project="one"), cached(house, "b", hours_ago=3, project="two")
        stays.parent.chmod(0o500)
        assert names(house.cleaner(caches_bytes=0).tidy()) == ["b"]
        stays.parent.chmod(0o700)


def cached(house, name, *, hours_ago, project="board-games"):
    path = house.places.segments(project) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(MIB))
    at_s = time.time() - hours_ago * 3600
    os.utime(path, (at_s, at_s))
    return path


def test_what_was_used_longest_ago_goes_first_when_all_caches_are_beyond_their_bound(house):
    cached(house, "a", hours_ago=3, project="one")
    cached(house, "b", hours_ago=4, project="two")
    cached(house, "c", hours_ago=0.5, project="three")
    assert house.cleaner(caches_bytes=3 * MIB).tidy().removed == ()
    assert names(house.cleaner(caches_bytes=2 * MIB).tidy()) == ["b"]
    assert names(house.cleaner(caches_bytes=0).tidy(dry_run=True)) == ["a"]
    assert names(house.cleaner(caches_bytes=0).tidy()) == ["a"]  # a running job may be about to take the young one


def test_caches_are_trimmed_early_while_the_disk_is_low(house):
    for number in range(4):
        cached(house, str(number), hours_ago=10 - number)
    house.disk.use(72 * MIB)  # 28 MiB are free, 30 are wanted
    removed = house.cleaner().tidy().removed
    assert [(removal.path.name, removal.why) for removal in removed] == [
        ("0", "the disk is low"),
        ("1", "the disk is low"),
    ]


@pytest.mark.parametrize("races", [5, pytest.param(1000, marks=pytest.mark.full)])
def test_row_45_a_preview_that_is_published_anew_meanwhile_stays(house, races):
    """A run lists what is over, and comes to the last of it when that has been made anew."""
    for race in range(races):
        first, last = [house.finished(f"{race:04}-{number:02}", days_ago=8) for number in range(2)]

        def publish_anew(last=last, first=first):
            while first.exists():
                pass
            discard_published(house.places, last)
            house.record(last.name, days_ago=0)
            publish_preview(house.places, job_id=last.name)

        with ThreadPoolExecutor(1) as other:
            published_anew = other.submit(publish_anew)
            cleaned = house.cleaner().retain()
            published_anew.result()

        assert len(cleaned.removed) in {1, 2}  # the last one was made anew before the run came to it, or after
        assert published(last) is not None
        assert JobFiles(house.places.jobs).read(last.name).expires_at_ms > time.time() * 1000
        discard_published(house.places, last)
    assert list(house.places.trash.iterdir()) == []


@pytest.mark.parametrize("races", [20, pytest.param(1000, marks=pytest.mark.full)])
def test_row_45_no_file_that_a_run_needs_goes_while_caches_are_trimmed_and_folders_swept(house, races):
    """What a living worker is making is never swept, nor what it has linked out of a cache that is trimmed."""
    segment = house.places.segments("board-games") / "ab" / "abcd.seg"
    segment.parent.mkdir(parents=True)
    cleaner = house.cleaner(caches_bytes=0)
    with Tenancy(house.places) as tenancy, ThreadPoolExecutor(1) as other:
        for race in range(races):
            segment.write_bytes(b"segment")
            os.utime(segment, (0, 0))
            stage = new_stage(tenancy.stage, f"job-{race}", 1)
            tidied = other.submit(cleaner.tidy)
            try:
                link_or_copy(segment, stage / "preview.mp4")
            except FileNotFoundError:  # trimmed first: the run makes it anew
                (stage / "preview.mp4").write_bytes(b"segment")
            tidied.result()
            assert (stage / "preview.mp4").read_bytes() == b"segment"
            discard(stage)
