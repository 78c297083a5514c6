"""Views of padded planes, wherever they begin and however much they shrink."""

from __future__ import annotations

import numpy as np
import pytest

from preview_worker.render.child.drawing.filters import bordered
from preview_worker.render.child.drawing.resampling import PAD, Window, resampled_view
from preview_worker.render.child.drawing.workspace import Workspace

SHAPE = (45, 80)


@pytest.mark.parametrize("scale", [0.7, 1.0, 1.61, 1.73, 1.87, 1.99])
def test_view_begins_where_it_should_when_the_plane_begins_there_too(scale: float) -> None:
    ramp = np.broadcast_to(np.arange(200, dtype=np.uint8), (120, 200)).copy()
    padded, workspace = bordered(ramp, PAD), Workspace()
    for left in np.arange(0, 6, 0.037):
        window = Window(left=float(left), top=float(left) / 2, scale_x=scale, scale_y=scale, still=False)
        view = resampled_view(padded, window, SHAPE, workspace, "view")
        assert view.shape == SHAPE
        wanted = np.clip(left + (np.arange(8, 60) + 0.5) * scale - 0.5, 0, 199)
        assert np.abs(view[20, 8:60] - wanted).max() < 1
