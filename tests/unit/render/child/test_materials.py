"""What a render process keeps between jobs: fonts until they change, pictures always."""

from __future__ import annotations

import os
import shutil

import pytest

from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.materials import Materials
from preview_worker.render.child.preparation import prepare
from preview_worker.render.protocol import Work
from support.media import request_of


def work_of(folder):
    return Work(
        job_id="a",
        project_id="p",
        request_id="r",
        digest="d",
        request=request_of(steps=[{"title": "One", "durationMs": 500}]).model_dump(mode="json", by_alias=True),
        sources={},
        fonts_folder=str(folder),
    )


@pytest.fixture
def own_font(tmp_path):
    font = tmp_path / "Own.ttf"
    shutil.copy(FontSet().paths[0], font)
    return font


def test_fonts_are_opened_once_until_a_file_of_theirs_changes(own_font):
    materials, folder = Materials(), own_font.parent

    def fonts():
        work = work_of(folder)
        return materials.studio(*prepare(work, folder, print), work).fonts

    first = fonts()
    assert fonts() is first
    times, content = own_font.stat(), own_font.read_bytes()
    own_font.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(own_font, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert fonts() is not first
    renamed = own_font.rename(folder / "Other.ttf")
    assert fonts().paths[-1] == renamed
    renamed.unlink()
    assert renamed not in fonts().paths


def test_what_is_no_file_in_the_fonts_folder_is_left_alone(own_font):
    (own_font.parent / "dangling.ttf").symlink_to("nowhere")
    (own_font.parent / "folder.ttf").mkdir()
    work = work_of(own_font.parent)
    assert Materials().studio(*prepare(work, own_font.parent, print), work).fonts.paths[-1] == own_font


def test_pictures_are_shared_by_the_studios_of_one_process(tmp_path):
    materials, work = Materials(), work_of("nowhere")
    (prepared,) = prepare(work, tmp_path, print)
    first, second = (materials.studio(prepared, work) for _ in range(2))
    assert first is not second
    assert first.plates is second.plates
