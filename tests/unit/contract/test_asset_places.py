"""Where a payload names its assets."""

from __future__ import annotations

import pytest

from preview_worker.contract import validate_job
from preview_worker.contract.asset_places import asset_errors_at, asset_places
from preview_worker.contract.completion import complete_request
from preview_worker.errors import AssetError, StorageError


def request_of(raw):
    verdict = validate_job(complete_request(raw).payload)
    assert not verdict.errors
    return verdict.job.preview_request


def test_each_asset_is_named_by_its_entry_and_a_path_by_the_first_visual_that_shows_it():
    steps = [
        {"visuals": ["board", "a/lake.png"]},
        {"visuals": [{"path": "a/lake.png"}, {"path": "a/hill.png"}]},
    ]
    request = request_of({"steps": steps, "assets": [{"id": "voice", "uri": "v.wav"}, {"id": "board", "uri": "b.png"}]})
    assert asset_places(request) == {
        "voice": "/previewRequest/assets/0",
        "board": "/previewRequest/assets/1",
        "path:a/lake.png": "/previewRequest/steps/0/visuals/1",
        "path:a/hill.png": "/previewRequest/steps/1/visuals/1",
    }


def test_an_error_of_an_asset_gets_its_place_once():
    with pytest.raises(AssetError) as raised, asset_errors_at("/outer"), asset_errors_at("/inner"):
        raise AssetError("It is damaged.")
    assert raised.value.pointer == "/inner"
    with pytest.raises(StorageError) as other, asset_errors_at("/inner"):
        raise StorageError("The disk is full.")
    assert other.value.pointer is None
