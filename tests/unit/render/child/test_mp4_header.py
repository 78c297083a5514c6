"""What the header says is what the reader finds, for any packets; beyond 4 GiB too."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preview_worker.render.child.mp4_boxes import box, box_header, descriptor, full_box
from preview_worker.render.child.mp4_header import ChapterName, Track, fragmented_movie, movie
from preview_worker.render.child.mp4_layout import file_header, interleaved
from preview_worker.render.child.mp4_reader import TopBox, UnreadableFileError, read_movie, top_boxes
from preview_worker.render.child.mp4_samples import Samples

BIG = 2**30


def numbers(values):
    return np.array(values, np.int64)


def track_of(number, handler, packets, start=0, length=1):
    """A track of packets given as size, duration, offset, key."""
    sizes, durations, offsets, keys = zip(*packets, strict=True) if packets else ((), (), (), ())
    samples = Samples(
        sizes_bytes=numbers(sizes),
        durations=numbers(durations),
        offsets=numbers(offsets),
        keys=np.array(keys, np.bool_),
    )
    return Track(
        number=number,
        handler=handler,
        name="Name",
        media_header=box(b"vmhd"),
        entry=box(b"avc1", bytes(24), struct.pack(">HH", 640, 360)),
        scale=15360,
        samples=samples,
        start=start,
        length=length,
        language="fra",
    )


def read_back(folder, tracks, turns, **told):
    """The header as read from a file, and where it says that the media begin."""
    layout = interleaved(tracks, [numbers(turn) for turn in turns])
    header = file_header(tracks, layout, told.get("title", ""), told.get("chapters", ()))
    path = folder / "header"
    path.write_bytes(header)
    size = int.from_bytes(header[32:36], "big")
    assert header[36:40] == b"moov"
    return read_movie(path, TopBox(kind=b"moov", content_at_bytes=40, content_bytes=size - 8)), len(header), layout


PACKETS = st.lists(
    st.tuples(st.integers(1, 10**6), st.integers(1, 5000), st.integers(0, 9000), st.booleans()), max_size=12
)


@settings(max_examples=25)
@given(PACKETS, PACKETS, st.data())
def test_every_packet_is_found_where_it_lies_whatever_the_packets(tmp_path_factory, picture, sound, data):
    tracks = [
        track_of(1, b"vide", picture, start=512, length=2**32 + 7),
        track_of(2, b"soun", [(size, duration, 0, True) for size, duration, _, _ in sound], start=1024),
    ]
    turns = [sorted(data.draw(st.lists(st.integers(0, 4), min_size=len(p), max_size=len(p)))) for p in (picture, sound)]
    found, media_at, layout = read_back(tmp_path_factory.mktemp("header"), tracks, turns)
    assert [track.handler for track in found.tracks] == [b"vide", b"soun"]
    assert (found.tracks[0].edit_start, found.tracks[0].edit_length) == (512, 2**32 + 7)
    assert found.tracks[0].size_px == (640, 360)
    for told, seen in zip(tracks, found.tracks, strict=True):
        samples = told.samples
        assert np.array_equal(seen.sizes_bytes, samples.sizes_bytes)
        assert np.array_equal(seen.durations, samples.durations)
        assert np.array_equal(seen.offsets, samples.offsets)
        assert np.array_equal(seen.dts, np.cumsum(samples.durations) - samples.durations)
    # All packets in the order of their turns, the picture's before the sound's, one behind the other.
    order = sorted(
        [(turn, index, place) for index, (turns_, track) in enumerate(zip(turns, found.tracks, strict=True))
         for turn, place in zip(turns_, zip(track.places_bytes.tolist(), track.sizes_bytes.tolist(), strict=True),
                                strict=True)],
        key=lambda entry: entry[:2],
    )  # fmt: skip
    end = media_at
    for _, _, (place, size) in order:
        assert place == end
        end += size
    assert layout.media_bytes == end - media_at


@pytest.mark.parametrize(("count", "kind"), [(3, b"stco"), (5, b"co64")])
def test_places_have_64_bits_only_when_the_file_is_larger_than_4_gib(tmp_path, count, kind):
    packets = [(BIG, 512, 0, True)] * count
    tracks = [track_of(1, b"vide", packets), track_of(2, b"soun", [(7, 1024, 0, True)] * count)]
    found, media_at, layout = read_back(tmp_path, tracks, [range(count), range(count)])
    header = (tmp_path / "header").read_bytes()
    assert (kind in header, ({b"stco", b"co64"} - {kind}).pop() in header) == (True, False)
    assert found.tracks[0].places_bytes.tolist() == [media_at + index * (BIG + 7) for index in range(count)]
    assert found.tracks[1].places_bytes.tolist() == [media_at + index * (BIG + 7) + BIG for index in range(count)]
    assert header.endswith(box_header(b"mdat", layout.media_bytes))


def test_box_says_its_size_in_64_bits_when_it_is_larger_than_4_gib():
    assert box_header(b"mdat", 2**32 - 9) == b"\xff\xff\xff\xffmdat"
    assert box_header(b"mdat", 2**32 - 8) == b"\x00\x00\x00\x01mdat" + (2**32 + 8).to_bytes(8, "big")
    assert full_box(b"abcd", 1, 0x20304, b"e", b"f") == b"\x00\x00\x00\x0eabcd\x01\x02\x03\x04ef"
    assert descriptor(5, b"ab", b"c") == b"\x05\x03abc"


def test_tables_that_say_nothing_are_left_out_when_all_are_keys_and_nothing_is_reordered():
    header = movie([track_of(1, b"soun", [(9, 1024, 0, True)])], 0, large=False, title="", chapters=[])
    for kind in (b"stss", b"ctts", b"udta", b"tref"):
        assert kind not in header


def test_header_names_255_chapters_and_cuts_names_between_letters_when_there_are_more():
    names = [ChapterName(start_ms=index, name="é" * 200) for index in range(300)]
    header = movie([track_of(1, b"vide", [])], 0, large=False, title="T", chapters=names)
    start = header.index(b"chpl") + 12
    assert header[start] == 255
    assert header[start + 1 : start + 10] == bytes(8) + b"\xfe"
    assert header[start + 10 : start + 264].decode() == "é" * 127


def test_fragmented_header_has_defaults_for_each_track_and_no_edits():
    header = fragmented_movie([replace(track_of(n, b"vide", []), length=0) for n in (1, 2)])
    assert header.count(b"trex") == 2
    assert b"elst" not in header


def test_boxes_are_refused_when_they_do_not_fill_the_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(box(b"ftyp", b"abcd") + box(b"mdat", bytes(20)))
    assert [(b.kind, b.content_at_bytes, b.content_bytes) for b in top_boxes(path)] == [
        (b"ftyp", 8, 4),
        (b"mdat", 20, 20),
    ]
    for content in (path.read_bytes()[:-1], path.read_bytes() + b"\0", b"\0\0\0\4mdat", b"\0\0\0\1mdat" + bytes(8)):
        path.write_bytes(content)
        with pytest.raises(UnreadableFileError):
            top_boxes(path)
