from __future__ import annotations

from preview_worker.bootstrap.render import replaceable
from preview_worker.storage.publish import MANIFEST


def test_output_is_replaceable_when_nothing_or_an_empty_folder_stands_there(tmp_path):
    assert replaceable(tmp_path / "new")
    assert replaceable(tmp_path)


def test_output_is_replaceable_when_an_earlier_preview_stands_there(tmp_path):
    (tmp_path / MANIFEST).write_text("{}")
    assert replaceable(tmp_path)


def test_output_is_not_replaceable_when_it_holds_the_users_own_files_or_is_one(tmp_path):
    file = tmp_path / "thesis.odt"
    file.write_text("years of work")
    assert not replaceable(tmp_path)
    assert not replaceable(file)
