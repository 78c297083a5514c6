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
    materials, work = Materials(), work_of(own_font.parent)
    prepared = prepare(work, own_font.parent, print)
    first = materials.studio(prepared, work).fonts
    assert materials.studio(prepared, work).fonts is first
    os.utime(own_font, ns=(1, 1))
    changed = materials.studio(prepared, work).fonts
    assert changed is not first
    own_font.unlink()
    assert own_font not in materials.studio(prepared, work).fonts.paths


def test_pictures_are_shared_by_the_studios_of_one_process(tmp_path):
    materials, work = Materials(), work_of("nowhere")
    prepared = prepare(work, tmp_path, print)
    first, second = (materials.studio(prepared, work) for _ in range(2))
    assert first is not second
    assert first.plates is second.plates
