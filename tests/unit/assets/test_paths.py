from __future__ import annotations

import unicodedata

import pytest

from preview_worker.assets.paths import find_below
from preview_worker.errors import AssetError


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "assets"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("asked", ["NFC", "NFD"])
def test_a_file_is_found_when_its_accents_are_written_another_way(root, stored, asked):
    folder = root / unicodedata.normalize(stored, "été")
    folder.mkdir()
    (folder / unicodedata.normalize(stored, "forêt.png")).touch()
    found = find_below(root, unicodedata.normalize(asked, "été/forêt.png"), asset_id="a")
    assert found is not None
    assert unicodedata.normalize("NFC", found.name) == "forêt.png"


@pytest.mark.parametrize("path", ["no.png", "no/where.png", "file.png/inside.png", "x" * 300 + ".png"])
def test_nothing_is_found_when_no_such_file_can_be_there(root, path):
    (root / "file.png").touch()
    assert find_below(root, path, asset_id="a") is None


def test_nothing_is_found_when_the_project_has_no_folder(tmp_path):
    assert find_below(tmp_path / "absent", "a.png", asset_id="a") is None


@pytest.mark.parametrize("path", ["link/secret.png", "link/absent.png", "link", "file-link.png"])
def test_a_link_is_refused_alike_when_what_it_leads_to_outside_is_there_or_not(root, tmp_path, path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.png").touch()
    (root / "link").symlink_to(outside)
    (root / "file-link.png").symlink_to(outside / "secret.png")
    with pytest.raises(AssetError, match="leads out") as raised:
        find_below(root, path, asset_id="a")
    assert raised.value.code == "asset-refused"


def test_a_link_is_followed_when_it_stays_inside(root):
    (root / "real.png").touch()
    (root / "link.png").symlink_to("real.png")
    assert find_below(root, "link.png", asset_id="a") == root.resolve() / "real.png"


def test_a_link_to_nothing_is_an_absent_file(root):
    (root / "link.png").symlink_to("nothing.png")
    assert find_below(root, "link.png", asset_id="a") is None


def test_a_folder_is_refused_when_a_file_is_asked_for(root):
    (root / "folder").mkdir()
    with pytest.raises(AssetError, match="not a file"):
        find_below(root, "folder", asset_id="a")
