"""Opening a sound lets FFmpeg try no decoder but those of sounds we take."""

from __future__ import annotations

import struct

import av
import pytest

from preview_worker.errors import AssetError
from preview_worker.render.child.media import opened_sound
from support.hostile.parts import riff, riff_chunk


@pytest.fixture
def told():
    """What FFmpeg complains of."""
    before = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    with av.logging.Capture(local=False) as lines:
        yield lines
    av.logging.set_level(before)


def test_foreign_decoder_is_never_tried_when_a_file_is_opened(tmp_path, told):
    form = struct.pack("<HHIIHHHH", 0x11, 1, 48_000, 24_000, 256, 4, 2, 505)
    path = tmp_path / "foreign.wav"
    path.write_bytes(riff(b"WAVE", riff_chunk(b"fmt ", form), riff_chunk(b"data", bytes(5120))))
    with pytest.raises(AssetError, match="sound coded as adpcm_ima_wav is not taken"), opened_sound(path, "wolf"):
        pass
    assert any("not on whitelist" in line for _, _, line in told)
