from __future__ import annotations

from preview_worker.bridges.assets import AssetTable
from preview_worker.bridges.nearby import Nearby
from preview_worker.bridges.node import Reading


def table(members, nearby=()):
    reading = Reading("en")
    assets = AssetTable(reading.ledger, Nearby(nearby))
    assets.declare(reading.open(members, ()))
    return assets, reading


def outcomes(reading):
    return [(remark.pointer, remark.outcome.value) for remark in reading.ledger.remarks()]


def test_assets_are_declared_by_arrays_objects_and_paths():
    assets, _ = table(
        {
            "assets": [{"id": "a", "path": "a.png", "alt": "A board"}, "b/b.png"],
            "images": {"c": "c.png", "d": {"src": "d.wav"}},
        }
    )
    assert assets.as_json() == [
        {"id": "a", "alt": "A board", "uri": "a.png"},
        {"id": "b", "uri": "b/b.png"},
        {"id": "c", "uri": "c.png"},
        {"id": "d", "uri": "d.wav", "type": "audio"},
    ]


def test_a_reference_is_an_id_else_a_path_else_a_file_beside_else_a_box():
    assets, reading = table({"assets": {"a": "a.png"}}, ["art/c1.png"])
    assert [assets.of(name, (name,)) for name in ("a", "x/b.png", "c1", "c2", "c2")] == ["a", "b", "c1", "c2", "c2"]
    assert assets.as_json()[2:] == [{"id": "c1", "uri": "art/c1.png"}, {"id": "c2"}]
    assert outcomes(reading) == [("/c1", "changed"), ("/c2", "check")]


def test_a_file_is_one_asset_when_it_is_shown_twice():
    assets, _ = table({})
    assert assets.file("a.png", ()) == assets.file(".\\a.png", ())
    assert len(assets.as_json()) == 1


def test_a_second_place_of_an_asset_is_told_when_it_differs():
    assets, reading = table({"assets": {"a": "a.png"}})
    for path in ("a.png", "other.png"):
        assert assets.of_node(reading.open({"assetId": "a", "path": path}, (path,))) == "a"
    assert outcomes(reading) == [("/other.png/path", "dropped")]


def test_a_hash_is_kept_when_it_is_one():
    assets, reading = table(
        {"assets": [{"id": "a", "path": "a.png", "sha256": "AB" * 32}, {"id": "b", "sha256": "no"}]}
    )
    assert assets.as_json()[0]["sha256"] == "AB" * 32
    assert outcomes(reading) == [("/assets/1", "check"), ("/assets/1/sha256", "dropped")]
