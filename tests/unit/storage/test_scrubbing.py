"""Row 28: a flipped bit in a published file is found, told, and never served as good."""

from __future__ import annotations

import errno
import random
import sys
from pathlib import Path

import pytest

from preview_worker.cli.group import run
from preview_worker.errors import StorageError
from preview_worker.storage.atomic import write_json
from preview_worker.storage.damages import Damages
from preview_worker.storage.places import Places
from preview_worker.storage.publish import UnreadableError
from preview_worker.storage.scrubbing import Scrubber
from preview_worker.storage.trash import discard_published
from support.publications import publish_preview
from support.users import as_nobody

posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path)


def flip(path, position):
    content = bytearray(path.read_bytes())
    content[position] ^= 1 << (position % 8)
    path.write_bytes(content)


def test_row_28_every_flipped_bit_is_found(places):
    generator, folder = random.Random(28), publish_preview(places, job_id="Moon")
    scrubber, damages = Scrubber(places), Damages(places)
    video = folder / "preview.mp4"
    assert scrubber.look(folder).damaged == ()
    for _ in range(100):
        position = generator.randrange(video.stat().st_size)
        flip(video, position)
        assert scrubber.look(folder).damaged == ("preview.mp4",)
        assert (damages.of("moon"), damages.jobs()) == ({"preview.mp4"}, ["moon"])
        flip(video, position)
        assert scrubber.look(folder).damaged == ()
        assert damages.jobs() == []


def test_a_file_that_is_absent_and_a_manifest_that_can_not_be_read_are_damaged(places):
    absent, unread = publish_preview(places, job_id="absent"), publish_preview(places, job_id="unread")
    (absent / "preview.json").unlink()
    (unread / "container.json").write_text("{")
    found = {looked.folder.name: looked.damaged for looked in Scrubber(places).round()}
    assert found == {"absent": ("preview.json",), "unread": ("container.json",)}


def test_a_round_goes_on_where_it_was_interrupted_and_then_begins_anew(places):
    for name in "abc":
        publish_preview(places, job_id=name)
    begun = Scrubber(places).round()
    assert [next(begun).folder.name, next(begun).folder.name] == ["a", "b"]
    begun.close()  # b may be looked at again: it wasn't noted yet
    assert [looked.folder.name for looked in Scrubber(places).round()] == ["b", "c"]
    assert [looked.folder.name for looked in Scrubber(places).round()] == ["a", "b", "c"]


def test_a_round_goes_on_behind_a_project_whose_name_another_one_begins_with(places):
    for project in ("a", "a-b"):
        publish_preview(places, project=project, job_id="moon")
    begun = Scrubber(places).round()
    assert [next(begun).folder.parent.name, next(begun).folder.parent.name] == ["a", "a-b"]
    begun.close()
    assert [looked.folder.parent.name for looked in Scrubber(places).round()] == ["a-b"]


@pytest.fixture
def nobodys_places(tmp_path, monkeypatch):
    """Below a path that everybody may go."""
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path)
    return Places(Path())


@posix
@pytest.mark.parametrize("mode", [0o600, 0o300])
def test_a_round_goes_on_and_tells_of_a_project_that_can_not_be_looked_at(nobodys_places, mode):
    with as_nobody():
        for project in "abc":
            shut = publish_preview(nobodys_places, project=project, job_id=project).parent.with_name("b")
        shut.chmod(mode)
        looked = list(Scrubber(nobodys_places).round())
        shut.chmod(0o700)
    assert [(one.folder.name, one.damaged, one.fault) for one in looked] == [
        ("a", (), None),
        ("c", (), None),
        ("b", (), "Can't look at b: Permission denied."),
    ]
    assert not (nobodys_places.root / "scrub.json").exists()


@posix
def test_damage_that_can_not_be_noted_is_told_of_and_the_round_goes_on(nobodys_places):
    with as_nobody():
        for name in "abc":
            flip(publish_preview(nobodys_places, job_id=name) / "preview.mp4", 3)
        damages = Damages(nobodys_places)
        damages.folder.mkdir()
        damages.folder.chmod(0o500)
        looked = list(Scrubber(nobodys_places).round())
        damages.folder.chmod(0o700)
        assert [(one.folder.name, one.damaged) for one in looked] == [(name, ("preview.mp4",)) for name in "abc"]
        assert {one.fault for one in looked} == {f"Can't write {name}.json: Permission denied." for name in "abc"}
        assert {one.fault for one in Scrubber(nobodys_places).round()} == {None}
    assert damages.jobs() == ["a", "b", "c"]


def test_a_round_goes_on_when_how_far_it_is_can_not_be_noted(places):
    for name in "ab":
        publish_preview(places, job_id=name)
    (places.root / "scrub.json").mkdir()
    looked = Scrubber(places).round()
    assert [next(looked).folder.name, next(looked).folder.name] == ["a", "b"]
    with pytest.raises(StorageError, match="end a round"):
        next(looked)


def test_every_byte_that_is_read_counts_for_the_pace(places):
    folder, read = publish_preview(places, job_id="moon"), []
    Scrubber(places, read.append).look(folder)
    assert sum(read) == sum((folder / name).stat().st_size for name in ("preview.mp4", "preview.json"))


def replace(places, folder, word):
    """Another run of the job is published in a folder's place, whether somebody looks at it or not."""
    files = {"preview.mp4": ("video/mp4", word * 5000), "preview.json": ("application/json", b"{}")}
    discard_published(places, folder)
    return publish_preview(places, job_id=folder.name, files=files)


@pytest.mark.parametrize("reads", [1, 2])
def test_a_preview_that_is_replaced_while_it_is_looked_at_is_not_damaged(places, reads):
    folder, done = publish_preview(places, job_id="moon"), []

    def pace(_read):
        done.append(1)
        if len(done) == reads:
            replace(places, folder, b"new")

    assert Scrubber(places, pace).look(folder).damaged == ()
    assert Damages(places).of("moon") == frozenset()


def test_nothing_is_said_of_a_preview_that_is_replaced_at_every_look(places):
    folder, words = publish_preview(places, job_id="moon"), iter(range(100))

    def pace(_read):
        replace(places, folder, str(next(words)).encode())

    assert Scrubber(places, pace).look(folder).damaged == ()
    assert Damages(places).jobs() == []


def test_what_was_noted_of_a_preview_is_not_said_of_the_one_that_replaces_it(places):
    folder = publish_preview(places, job_id="moon")
    flip(folder / "preview.mp4", 3)
    assert Scrubber(places).look(folder).damaged == ("preview.mp4",)
    replace(places, folder, b"new")
    assert (Damages(places).of("moon"), Damages(places).jobs()) == (frozenset(), [])


def test_a_note_of_an_earlier_build_is_believed(places):
    publish_preview(places, job_id="moon")
    write_json(places.root / "damaged" / "moon.json", {"files": ["preview.mp4"]})
    assert Damages(places).of("moon") == {"preview.mp4"}


def test_a_note_of_an_earlier_build_is_not_said_of_the_next_preview_once_it_is_bound(places):
    folder, damages = publish_preview(places, job_id="moon"), Damages(places)
    damages.bind(folder)
    assert damages.jobs() == []
    write_json(damages.folder / "moon.json", {"files": ["preview.mp4"]})
    damages.bind(folder)
    assert damages.of("moon") == {"preview.mp4"}
    replace(places, folder, b"new")
    assert damages.of("moon") == frozenset()


def test_a_note_that_is_forgotten_while_it_is_bound_is_no_error(places, monkeypatch):
    folder, damages, read = publish_preview(places, job_id="moon"), Damages(places), Path.read_bytes
    note = damages.folder / "moon.json"
    write_json(note, {"files": ["preview.mp4"]})

    def forgotten_afterwards(path):
        content = read(path)
        if path == note:
            path.unlink()
        return content

    monkeypatch.setattr(Path, "read_bytes", forgotten_afterwards)
    damages.bind(folder)


def test_it_is_said_that_nobody_knows_what_is_damaged_when_a_note_can_not_be_read(places):
    damages = Damages(places)
    (damages.folder / "moon.json").mkdir(parents=True)
    for look in (lambda: damages.of("moon"), damages.jobs):
        with pytest.raises(StorageError, match="noted of damage to moon: Is a directory"):
            look()


def test_a_manifest_that_can_not_be_read_any_more_is_told_of_and_may_be_noted_itself_when_a_file_was_damaged(places):
    folder, damages = publish_preview(places, job_id="moon"), Damages(places)
    damages.distrust(folder, "preview.mp4")
    (folder / "container.json").unlink()
    (folder / "container.json").mkdir()
    with pytest.raises(UnreadableError, match=r"container\.json of moon can't be read"):
        damages.of("moon")
    damages.distrust(folder, "container.json")
    assert damages.of("moon") == {"container.json"}


@pytest.mark.parametrize("name", ["container.json", "preview.mp4"])
def test_a_file_is_not_taken_for_damaged_when_the_process_has_no_room_for_open_files(places, monkeypatch, name):
    folder, opened = publish_preview(places, job_id="moon"), Path.open

    def in_need(path, *args, **kwargs):
        if path == folder / name:
            raise OSError(errno.EMFILE, "Too many open files")
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", in_need)
    looked = Scrubber(places).look(folder)
    assert looked.damaged == ()
    assert "Too many open files" in looked.fault
    monkeypatch.undo()
    assert Damages(places).jobs() == []


def test_scrub_names_damaged_files_and_says_so_by_its_exit_code(places, monkeypatch, capsys):
    monkeypatch.setenv("DATA_DIR", str(places.root))
    good, bad = publish_preview(places, job_id="good"), publish_preview(places, job_id="bad")
    flip(bad / "preview.mp4", 3)
    assert run(["scrub", good.name]) == 0
    assert run(["scrub"]) == 1
    assert "damaged  previews/board-games/bad/preview.mp4" in capsys.readouterr().out


def test_scrub_tells_of_what_could_not_be_noted_or_looked_at_and_says_so_by_its_exit_code(places, monkeypatch, capsys):
    monkeypatch.setenv("DATA_DIR", str(places.root))
    flip(publish_preview(places, job_id="bad") / "preview.mp4", 3)
    (places.root / "damaged").write_text("no folder")
    assert run(["scrub"]) == 1
    told = capsys.readouterr()
    assert "damaged  previews/board-games/bad/preview.mp4" in told.out
    assert "previews/board-games/bad: Can't write bad.json" in told.err
