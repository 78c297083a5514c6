"""Where a payload names its assets, so that an error about one tells its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from preview_worker.contract.finding import pointer
from preview_worker.contract.request import PreviewRequest
from preview_worker.errors import AssetError


def asset_places(request: PreviewRequest) -> Mapping[str, str]:
    """JSON pointer, into a whole job, of each asset by its id, and by ``path:<path>`` where visuals name a path.

    A path is at the first visual that shows it.
    """
    places = {asset.id: pointer("previewRequest", "assets", index) for index, asset in enumerate(request.assets)}
    for step_index, step in enumerate(request.steps):
        for index, visual in enumerate(step.visuals):
            if visual.path is not None:
                place = pointer("previewRequest", "steps", step_index, "visuals", index)
                places.setdefault(f"path:{visual.path}", place)
    return places


@contextmanager
def asset_errors_at(place: str | None) -> Iterator[None]:
    """Let errors about an asset carry its place, unless they have one.

    Args:
        place: Its JSON pointer; None for what the payload doesn't name, such as a draft voice.

    Raises:
        AssetError: What the block raised, with its place.
    """
    try:
        yield
    except AssetError as error:
        error.pointer = error.pointer or place
        raise
