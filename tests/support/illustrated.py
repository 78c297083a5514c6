"""Small tutorials with pictures and sound, and one that takes long to draw."""

from __future__ import annotations

from support.media import picture_file, tone, wav_file
from support.service import payload

FPS = 15
STEP_MS = 1200


def illustrated(folder, job_id, *, project, title="Harbour", **options):
    """Write the material into a folder and give the payload of four steps that show and say it: 4.8 s."""
    folder.mkdir(parents=True, exist_ok=True)
    picture_file(folder / "board.jpg", size_px=(480, 360))
    picture_file(folder / "token.png", size_px=(200, 200), alpha=True)
    wav_file(folder / "voice.wav", tone(0.7))
    wav_file(folder / "music.wav", tone(1.5, hertz=220, level=0.1))
    steps = [
        {"kind": "intro", "title": title},
        {
            "title": "The board",
            "text": "Place the board in the middle.",
            "narrationAssetId": "voice",
            "visuals": [{"assetId": "board", "motion": {"type": "ken_burns"}}],
            "callouts": [{"kind": "box", "target": {"x": 0.2, "y": 0.2, "width": 0.4, "height": 0.4}}],
        },
        {"kind": "turn_flow", "title": "A turn", "text": "Move one token.", "visuals": ["token", "board"]},
        {"kind": "end_card", "title": "100 % prêt !"},
    ]
    return payload(
        job_id,
        project=project,
        title=title,
        steps=[{"durationMs": STEP_MS, "transition": {"durationMs": 200}} | step for step in steps],
        assets=[{"id": path.split(".")[0], "uri": path} for path in ("board.jpg", "token.png", "voice.wav")]
        + [{"id": "music", "uri": "music.wav"}],
        audio={"music": {"assetId": "music"}},
        options={"resolution": "320x180", "fps": FPS} | options,
    )


def long_to_draw(folder, job_id, *, project, seconds):
    """The payload of a video that keeps two cores busy for several seconds: everything moves, finest quality."""
    folder.mkdir(parents=True, exist_ok=True)
    picture_file(folder / "board.jpg", size_px=(1600, 1200))
    moving = {"assetId": "board", "motion": {"type": "ken_burns"}}
    steps = [{"title": f"{number}", "durationMs": 5000, "visuals": [moving]} for number in range(seconds // 5)]
    return payload(
        job_id,
        project=project,
        steps=steps,
        assets=[{"id": "board", "uri": "board.jpg"}],
        options={"resolution": "640x360", "quality": "high"},
    )
