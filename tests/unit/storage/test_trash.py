"""What is published anew after somebody has decided that it goes stays."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from preview_worker.storage.places import Places
from preview_worker.storage.publish import published
from preview_worker.storage.trash import discard_published, written_ns
from support.publications import publish_preview


@pytest.fixture
def folder(tmp_path):
    return publish_preview(Places(tmp_path), job_id="moon")


def test_a_folder_goes_when_it_is_the_one_that_was_meant(tmp_path, folder):
    since_ns = written_ns(folder / "container.json")
    assert discard_published(Places(tmp_path), folder, since_ns=since_ns)
    assert not folder.exists()
    assert not discard_published(Places(tmp_path), folder, since_ns=since_ns)


def test_row_45_a_folder_stays_when_it_was_published_anew_since(tmp_path, folder):
    since_ns = written_ns(folder / "container.json")
    os.utime(folder / "container.json", ns=(since_ns, since_ns + 1))
    assert not discard_published(Places(tmp_path), folder, since_ns=since_ns)
    assert published(folder) is not None


def test_a_folder_without_a_manifest_goes_as_long_as_it_has_none(tmp_path, folder):
    manifest = folder / "container.json"
    content = manifest.read_bytes()
    manifest.unlink()
    since_ns = written_ns(manifest)
    manifest.write_bytes(content)
    assert not discard_published(Places(tmp_path), folder, since_ns=since_ns)
    manifest.unlink()
    assert discard_published(Places(tmp_path), folder, since_ns=since_ns)


def test_row_45_a_preview_is_published_while_its_projects_empty_folder_is_removed_all_the_time(tmp_path):
    places = Places(tmp_path)
    project, over = places.preview("board-games", "moon").parent, threading.Event()

    def remove():
        while not over.is_set():
            with suppress(OSError):
                project.rmdir()

    with ThreadPoolExecutor(1) as other:
        removing = other.submit(remove)
        try:
            for _ in range(10):
                folder = publish_preview(places, job_id="moon")
                assert published(folder) is not None
                assert discard_published(places, folder)
        finally:
            over.set()
        removing.result()
