"""Files that ask their reader to read another file or to call somewhere: what they say × what it stands behind."""

from __future__ import annotations

import struct

from support.hostile.parts import PNG_SIGNATURE, box, id3, numbers, png_chunk, riff_chunk

SAYINGS = {
    "ffconcat-file": "ffconcat version 1.0\nfile {file}\nduration 1\n",
    "ffconcat-call": "ffconcat version 1.0\nfile {call}/a.wav\n",
    "hls-file": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{file}\n#EXT-X-ENDLIST\n",
    "hls-call": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{call}/a.ts\n#EXT-X-ENDLIST\n",
    "hls-key": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{call}/key"\n#EXT-X-MAP:URI="{file}"\n#EXTINF:1,\ndata:,a\n',
    "dash": '<?xml version="1.0"?><MPD><Period><BaseURL>{call}</BaseURL><AdaptationSet><Representation/>'
    "</AdaptationSet></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=a\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n",
    "protocols": "concat:{file}|{file}\nsubfile,,start,0,end,9,,:{file}\nfile:{file}\ncrypto:{call}\ncache:{call}\n",
    "addresses": "{call}/\ntcp://127.0.0.1:{port}\nrtmp://127.0.0.1:{port}/a\nftp://127.0.0.1:{port}/a\n",
    "data": "data:application/x-mpegurl,#EXTM3U%0A#EXTINF:1,%0A{call}/a\n",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    '<image xlink:href="{call}/a.png"/><image href="file://{file}"/>'
    "<style>@import url({call}/a.css);</style></svg>",
    "entity": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file://{file}">'
    '<!ENTITY % c SYSTEM "{call}/d">%c;]>'
    "<svg><text>&b;</text></svg>",
    "players": "[playlist]\nFile1={call}/a.mp3\nFile2={file}\n<asx><entry><ref href='{call}'/></entry></asx>\n",
    "postscript": "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n({file}) (r) file 99 string readstring\n",
    "captions": "WEBVTT\n\nSTYLE\n@import url({call}/a.css);\n\n"
    "00:00.000 --> 00:00.400\n<img src={call}/a.png> {file}\n",
    "json": '{{"$ref": "{call}/a.json", "include": "{file}", "words": [{{"word": "file://{file}", "start": 0.1}}]}}',
}
"""What is said, with a file, an address and its port to be filled in."""

CARRIERS = {
    "bare.wav": ("sound", lambda text: text),
    "bare.png": ("picture", lambda text: text),
    "bare.vtt": ("timings", lambda text: text),
    "behind-id3.mp3": ("sound", lambda text: id3(bytes(10)) + text),
    "in-id3.mp3": ("sound", lambda text: id3(b"APIC" + numbers(len(text) + 6) + b"\0\0\0-->\0" + text)),
    "behind-riff.wav": ("sound", lambda text: b"RIFF" + struct.pack("<I", len(text) + 4) + b"WAVE" + text),
    "in-ftyp.m4a": ("sound", lambda text: box(b"ftyp", b"M4A \0\0\0\0") + text),
    "behind-ogg.ogg": ("sound", lambda text: b"OggS" + bytes(23) + text),
    "behind-flac.flac": ("sound", lambda text: b"fLaC" + text),
    "behind-png.png": (
        "picture",
        lambda text: PNG_SIGNATURE + png_chunk(b"tEXt", b"XML:com.adobe.xmp\0" + text) + text,
    ),
    "behind-jpeg.jpg": ("picture", lambda text: b"\xff\xd8\xff\xe1" + struct.pack(">H", len(text) + 2) + text),
    "behind-webp.webp": (
        "picture",
        lambda text: b"RIFF" + struct.pack("<I", len(text) + 12) + b"WEBP" + riff_chunk(b"XMP ", text),
    ),
}
"""What it stands in, and what a tutorial uses that as."""


def attacks(file, port):
    """Name, content and use of each: a canary's file and port are filled in.

    Args:
        file: Path of a file that nobody may open.
        port: A port of loopback that nobody may call.
    """
    filled = {"file": file, "call": f"http://127.0.0.1:{port}", "port": port}
    found = []
    for saying, words in SAYINGS.items():
        for carrier, (use, wrapped) in CARRIERS.items():
            found.append((f"{saying}-{carrier}", wrapped(words.format(**filled).encode()), use))
    sources = {"url": f"http://127.0.0.1:{port}/a.mov\0", "file-url": f"file://{file}\0", "alias": f"{file}\0"}
    return found + [(f"mov-{kind}.m4a", _mov(kind, source.encode()), "sound") for kind, source in sources.items()]


def _mov(kind, source):
    """A film whose samples stand in another file, as QuickTime allows."""
    if kind == "alias":
        volume = bytes(10) + bytes([0]) * 28 + bytes(4) + bytes(64) + bytes(16) + bytes(4) + bytes(12)
        entry = box(b"alis", numbers(0), volume, struct.pack(">hH", 2, len(source)), source, b"\xff\xff\0\0")
    else:
        entry = box(b"url ", numbers(0), source)
    form = bytes(6) + b"\0\1" + bytes(8) + struct.pack(">HHI", 1, 16, 0) + struct.pack(">I", 48_000 << 16 & 0xFFFFFFFF)
    table = box(
        b"stbl",
        box(b"stsd", numbers(0, 1), box(b"sowt", form)),
        box(b"stts", numbers(0, 1, 1000, 1)),
        box(b"stsz", numbers(0, 2, 1000)),
        box(b"stsc", numbers(0, 1, 1, 1000, 1)),
        box(b"stco", numbers(0, 1, 0)),
    )
    inner = box(b"minf", box(b"smhd", bytes(8)), box(b"dinf", box(b"dref", numbers(0, 1), entry)), table)
    handler = box(b"hdlr", numbers(0, 0), b"soun", bytes(13))
    media = box(b"mdia", box(b"mdhd", numbers(0, 0, 0, 48_000, 48_000, 0)), handler, inner)
    track = box(b"trak", box(b"tkhd", numbers(7, 0, 0, 1, 0, 0), bytes(60)), media)
    return box(b"ftyp", b"qt  \0\0\0\0") + box(b"moov", box(b"mvhd", numbers(0, 0, 0, 1000, 1000), bytes(80)), track)
