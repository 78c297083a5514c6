"""Tutorials with one defect each, and tutorials without any; all short, with assets that `write_assets` makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from support.media import SAMPLE_RATE_HZ, picture_file, sound_file, tone, wav_file

SECONDS = {"voice": 2.0, "long": 4.0, "mute": 2.0, "hot": 2.0, "square": 1.5, "clicks": 3.0, "taps": 2.0, "blips": 2.0}
CUT = {"broken": "wav", "half": "mp3", "cut-music": "wav"}
SOUNDS = dict.fromkeys((*SECONDS, "music", "mute-music"), "wav") | CUT
PICTURES = {"board": (1600, 1000), "cards": (1200, 1600), "tokens": (1400, 1400), "icon": (24, 16), "stamp": (60, 40)}
FLAT = {"black": (0, 0, 0), "night": (3, 3, 3), "coal": (2, 2, 4), "grey": (90, 90, 90), "red": (120, 40, 40)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A tutorial with one defect.

    Attributes:
        name: What is wrong.
        code: The warning that tells of it.
        step: The step that the warning names; None for the whole.
        request: The previewRequest.
        also: Codes of warnings that the same defect may cause beside.
        measured: Whether only the result of a render shows it.
    """

    name: str
    code: str
    step: str | None
    request: dict[str, Any]
    also: frozenset[str] = field(default_factory=frozenset)
    measured: bool = False


def write_assets(folder):
    """Make every asset that the tutorials name."""
    for name, size_px in PICTURES.items():
        picture_file(folder / f"{name}.png", size_px=size_px)
    for name, colour in FLAT.items():
        Image.new("RGB", (640, 360), colour).save(folder / f"{name}.png")
    whole = {name: np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32) for name, seconds in SECONDS.items()}
    for name, level in {"voice": 0.3, "long": 0.3}.items():
        whole[name] = _speech(SECONDS[name], level)
    whole["hot"] = np.clip(2.5 * tone(SECONDS["hot"]) / 0.4, -1, 1).astype(np.float32)
    whole["square"] = np.sign(tone(SECONDS["square"], hertz=180))
    whole["clicks"][:: SAMPLE_RATE_HZ // 12] = 0.9
    whole["blips"][:: SAMPLE_RATE_HZ // 3] = 0.02
    whole["taps"][:: SAMPLE_RATE_HZ // 5] = 0.9
    whole["music"] = tone(3.0, hertz=330, level=0.3)
    whole["mute-music"] = np.zeros(3 * SAMPLE_RATE_HZ, np.float32)
    for name, samples in whole.items():
        wav_file(folder / f"{name}.wav", samples)
    wav_file(folder / "broken.wav", whole["long"])
    sound_file(folder / "half.mp3", whole["long"])
    wav_file(folder / "cut-music.wav", whole["music"])
    for name, suffix in CUT.items():
        _cut(folder / f"{name}.{suffix}")


def _cut(path):
    """Leave the first half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _speech(duration_s, level):
    """A tone that swells and falls like syllables."""
    samples = tone(duration_s, hertz=220, level=level)
    places = np.arange(samples.size) / SAMPLE_RATE_HZ
    return (samples * (0.55 - 0.45 * np.cos(2 * np.pi * 4 * places))).astype(np.float32)


def shown(step_id, *visuals, **fields):
    """A silent step of a second with pictures."""
    timing = {} if "narrationAssetId" in fields else {"durationMs": 1000}
    visuals = list(visuals or ["board"])
    return {"id": step_id, "title": "The board", "narration": "", "visuals": visuals} | timing | fields


def told(step_id, text, **fields):
    """A silent step of words."""
    return {"id": step_id, "title": "The rules", "text": text, "narration": "", "layout": "text"} | fields


def request(*steps, extra=(), options=None, **fields):
    """A previewRequest that lists just the assets it uses, and `extra` ones."""
    audio = fields.get("audio", {})
    used = [audio["music"]["assetId"]] if "music" in audio else []
    for step in steps:
        used += [v["assetId"] if isinstance(v, dict) else v for v in step.get("visuals", ())]
        used += [step["narrationAssetId"]] if "narrationAssetId" in step else []
    names = dict.fromkeys([*(name for name in used if "." not in name), *extra])
    assets = [{"id": name, "uri": f"{name}.{SOUNDS.get(name, 'png')}"} for name in names]
    sized = {"resolution": "160x90", "fps": 15, **(options or {})}
    return {"title": "A game", "steps": list(steps), "assets": assets, "options": sized, "audio": audio} | fields


def spoken(step_id, voice="voice", **fields):
    """A step with a recording and its words."""
    return shown(step_id, narrationAssetId=voice, narration="Place it in the middle.") | fields


FIRST = shown("first", "cards")


def on_second(**fields):
    """A clean first step, and a second one with these members."""
    return request(FIRST, shown("second", **fields))


def boxed(x=0.4, y=0.4, size=0.2, **fields):
    return {"kind": "box", "target": {"x": x, "y": y, "width": size, "height": size}} | fields


def noted(text, x, y, *, width=0.4, height=0.2):
    return {"kind": "note", "text": text, "placement": {"x": x, "y": y, "width": width, "height": height}}


def labelled(x, y, text, **fields):
    return {"kind": "label", "target": {"x": x, "y": y}, "text": text} | fields


ZOOMED = {
    "assetId": "board",
    "motion": {
        "type": "focus",
        "from": {"x": 0, "y": 0, "width": 1, "height": 1},
        "to": {"x": 0, "y": 0, "width": 0.3, "height": 0.3},
    },
}
LONG = "Every player takes one token of each colour, puts it in front of him and waits for the eldest to begin. " * 9
TWICE = 2


def _plan():
    """What the plan alone tells."""
    two = "second"
    yield Defect(name="a file is lost", code="asset-missing", step=two, request=on_second(visuals=["lost"]))
    yield Defect(name="a path is lost", code="asset-missing", step=two, request=on_second(visuals=["a/lost.png"]))
    yield Defect(
        name="music is lost",
        code="asset-missing",
        step=None,
        request=request(FIRST, audio={"music": {"assetId": "lost"}}),
    )
    yield Defect(
        name="a recording is lost",
        code="asset-missing",
        step=two,
        request=request(FIRST, spoken(two, "lost")),
        also=frozenset({"narration-missing"}),
    )
    yield Defect(
        name="a picture is left over", code="asset-unused", step=None, request=request(FIRST, extra=["tokens"])
    )
    yield Defect(name="a sound is left over", code="asset-unused", step=None, request=request(FIRST, extra=["voice"]))
    yield Defect(
        name="a lost file is left over", code="asset-unused", step=None, request=request(FIRST, extra=["gone"])
    )
    for name, fields in {
        "words without a recording": {"narration": "Place it there.", "durationMs": 3000},
        "text without a recording": {"text": "Place it there.", "narration": None, "durationMs": 3000},
        "long words without a recording": {"narration": "Place it there. " * 5, "durationMs": 15000},
    }.items():
        kept = {key: value for key, value in {**shown(two), **fields}.items() if value is not None}
        yield Defect(name=name, code="narration-missing", step=two, request=request(FIRST, kept))
    for voice, asked_ms in (("voice", 500), ("voice", 1500), ("long", 3900)):
        asked = spoken(two, voice, durationMs=asked_ms)
        name = f"{voice} has {asked_ms} ms"
        yield Defect(name=name, code="step-lengthened", step=two, request=request(FIRST, asked))
    for asset, layout in (("icon", "full"), ("icon", "picture_left"), ("stamp", "full")):
        small = shown(two, asset, layout=layout, text="" if layout == "full" else "Look here.")
        yield Defect(
            name=f"{asset} in {layout}",
            code="picture-upscaled",
            step=two,
            request=request(FIRST, small, options={"resolution": "320x180"}),
        )
    for count in (4, 5, 6):
        steps = [shown(f"s{index}", "board", durationMs=500) for index in range(count)]
        yield Defect(name=f"{count} times the board", code="picture-reused", step="s3", request=request(*steps))
    for name, words in {"one": 30, "two": 40, "three": 60}.items():
        fast = spoken(two, narration="Shuffle all the cards and deal them out. " * (words // 8))
        yield Defect(name=f"fast {name}", code="caption-fast", step=two, request=request(FIRST, fast))
    for colour, behind in (("#333333", "#151A21"), ("#5A6470", "#202830"), ("#DDDDCC", "#FFFFFF")):
        theme = {"theme": {"text": colour, "background": behind}}
        wrong = request(told("first", "Read this."), options=theme)
        yield Defect(name=f"{colour} on {behind}", code="contrast-low", step=None, request=wrong)


def _timing():
    """What the plan tells of times and callouts."""
    two = "second"
    for name, code, fields in (
        ("a late picture", "timing-past-end", {"visuals": ["board", {"assetId": "tokens", "startMs": 1500}]}),
        ("a late callout", "timing-past-end", {"callouts": [boxed(startMs=1200)]}),
        ("a very late callout", "timing-past-end", {"callouts": [boxed(), boxed(0.7, 0.7, startMs=90000)]}),
        ("a target out of sight", "callout-offscreen", {"visuals": [ZOOMED], "callouts": [boxed(0.8, 0.8)]}),
        (
            "a marker out of sight",
            "callout-offscreen",
            {
                "visuals": [ZOOMED],
                "callouts": [{"kind": "marker", "target": {"x": 0.9, "y": 0.2}}],
            },
        ),
        (
            "a target of a picture that isn't shown",
            "callout-offscreen",
            {
                "visuals": ["board", {"assetId": "tokens", "id": "t", "startMs": 1500}],
                "callouts": [boxed(visual="t")],
            },
        ),
        (
            "a crowd of labels in a corner",
            "callout-overlaps",
            {"callouts": [labelled(0.9, 0.1 + 0.02 * n, "The old lighthouse") for n in range(7)]},
        ),
        (
            "a note on a note",
            "callout-overlaps",
            {"callouts": [noted("Two for each", 0.3, 0.4), noted("Not these", 0.32, 0.42)]},
        ),
        (
            "a crowd of labels",
            "callout-overlaps",
            {
                "callouts": [labelled(0.5, 0.5 + 0.01 * n, "A rather long label text") for n in range(9)],
            },
        ),
    ):
        also = frozenset({"timing-past-end"}) if "isn't shown" in name else frozenset()
        yield Defect(name=name, code=code, step=two, request=on_second(**fields), also=also)


def _drawing():
    """What the drawing notices."""
    two = "second"
    for name, step in {
        "a long text": told(two, LONG),
        "a long note": shown(two, callouts=[noted(LONG[:190], 0.1, 0.1, width=0.3, height=0.15)]),
        "long words beside a picture": shown(two, layout="picture_left", text=LONG),
    }.items():
        yield Defect(name=name, code="text-shortened", step=two, request=request(FIRST, step))
    for scale in (0.5, 0.7, 0.9):
        steps = (shown("first", "cards", title=""), told(two, LONG[:60], title="", durationMs=4000))
        small = request(*steps, options={"theme": {"fontScale": scale}})
        yield Defect(name=f"letters × {scale}", code="text-small", step=two, request=small)
    for name, fields in {
        "cuneiform in a heading": {"title": "The \U00012000 board"},
        "a private letter in a text": {"layout": "text", "text": "Take \ue123 now.", "visuals": []},
        "a rare script in a label": {"callouts": [labelled(0.5, 0.5, "\U00016800")]},
    }.items():
        yield Defect(name=name, code="glyph-missing", step=two, request=on_second(**fields))


def _sound():
    """What files of sound tell."""
    two = "second"
    yield Defect(name="a mute voice", code="audio-silent", step=two, request=request(FIRST, spoken(two, "mute")))
    yield Defect(
        name="mute music",
        code="audio-silent",
        step=None,
        request=request(spoken("first"), audio={"music": {"assetId": "mute-music"}}),
    )
    bed = {"music": {"assetId": "music", "gainDb": -18}}
    both = request(spoken("first"), spoken(two, "mute"), audio=bed)
    yield Defect(name="a mute voice among others", code="audio-silent", step=two, request=both)
    for voice in ("hot", "square"):
        loud = request(spoken("first"), spoken(two, voice))
        yield Defect(name=f"a clipped voice: {voice}", code="audio-clipped", step=two, request=loud)
    loud = request(spoken("first", "hot"), shown(two), audio=bed)
    yield Defect(name="a clipped voice with music", code="audio-clipped", step="first", request=loud)
    for voice in ("broken", "half"):
        off = request(spoken("first"), spoken(two, voice))
        yield Defect(name=f"a voice that breaks off: {voice}", code="audio-truncated", step=two, request=off)
    off = request(spoken("first"), audio={"music": {"assetId": "cut-music", "gainDb": -18}})
    yield Defect(name="music that breaks off", code="audio-truncated", step=None, request=off)
    for name, narration in {"a voice": "tts", "a named voice": "tts", "a Finnish voice": "tts"}.items():
        audio = {"narration": narration} | ({"voice": "nobody"} if "named" in name else {})
        asked = request(shown("first", narration="Go."), audio=audio, language="fi" if "Finnish" in name else "en")
        also = frozenset({"narration-missing"})
        yield Defect(name=f"{name} is asked for", code="not-rendered", step=None, request=asked, also=also)


def _payload():
    """What the validation tells."""
    two = "second"
    for name, fields in {
        "a misspelt member": {"tilte": "x"},
        "a member of a visual": {"visuals": [{"assetId": "board", "zoom": 2}]},
        "a member of a callout": {"callouts": [boxed(colour="red")]},
    }.items():
        yield Defect(name=name, code="unknown-key", step=two, request=on_second(**fields))
    for name, fields in {
        "a bell": {"title": "The\u0007 board"},
        "an override": {"title": "The \u202eboard"},
        "a control in a label": {"callouts": [labelled(0.5, 0.5, "He\u0001re")]},
    }.items():
        yield Defect(name=name, code="text-cleaned", step=two, request=on_second(**fields))
    worded = {"title": "Deux", "narration": "Posez-le."}
    for name, words in {
        "no words at all": {},
        "a chapter alone": {"chapter": "Deux"},
        "words without the title that others have": {"narration": "Posez-le."},
        "a title without the words": {"title": "Deux"},
    }.items():
        variant = {"language": "fr", "steps": {"first": worded, "second": words}}
        left = on_second(narration="Place it.") | {"variants": [variant]}
        yield Defect(name=name, code="untranslated", step=two, request=left, also=frozenset({"narration-missing"}))


def _measured():
    """What only the result shows."""
    two = "second"
    bare = {"title": "", "layout": "full", "transition": {"type": "cut"}, "badge": False, "durationMs": 2500}
    plain = {"furniture": {"badge": "none", "progress": False}}
    for name in ("black", "night", "coal"):
        dark = request(FIRST, shown(two, name, **bare), options=plain)
        yield Defect(
            name=f"all {name}",
            code="video-black",
            step=two,
            request=dark,
            measured=True,
            also=frozenset({"video-frozen"}),
        )
    for name, motion in {"grey": "zoom_in", "red": "pan"}.items():
        flat = shown(two, {"assetId": name, "motion": {"type": motion}}, **bare)
        still = request(FIRST, flat, options=plain)
        yield Defect(name=f"{motion} of {name}", code="video-frozen", step=two, request=still, measured=True)
    flat = shown(two, {"assetId": "grey", "motion": {"type": "ken_burns"}}, **bare)
    still = request(FIRST, flat, options={**plain, "format": "webm"})
    yield Defect(name="ken_burns of grey", code="video-frozen", step=two, request=still, measured=True)
    for voice in ("clicks", "taps", "blips"):
        off = request(spoken("first", voice))
        yield Defect(
            name=f"{voice} alone",
            code="loudness-off",
            step=None,
            request=off,
            measured=True,
            also=frozenset({"audio-clipped"}),
        )


DEFECTS = (*_plan(), *_timing(), *_drawing(), *_sound(), *_payload(), *_measured())
