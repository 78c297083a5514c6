"""Two steps of the bench job by MoviePy, as its documentation would have one do it. Runs in `.bench-venv`."""

import sys
from pathlib import Path

from moviepy import AudioFileClip, CompositeAudioClip, CompositeVideoClip, ImageClip, vfx

SIZE, FPS, STEP_S, FADE_S, STEPS = (1280, 720), 30, 7.5, 0.5, 2


def main(material: Path, target: Path) -> None:
    """Write the video."""
    clips, voices = [], []
    for number in range(STEPS):
        zoomed = ImageClip(str(material / f"photo{number}.jpg")).with_duration(STEP_S).resized(_scale)
        clip = CompositeVideoClip([zoomed.with_position("center")], size=SIZE).with_start(number * STEP_S)
        clips.append(clip.with_effects([vfx.CrossFadeIn(FADE_S)]) if number else clip)
        voices.append(AudioFileClip(str(material / f"voice{number}.wav")).with_start(number * STEP_S + 0.2))
    music = AudioFileClip(str(material / "music.wav")).subclipped(0, STEPS * STEP_S).with_volume_scaled(0.3)
    video = CompositeVideoClip(clips, size=SIZE).with_duration(STEPS * STEP_S)
    video.with_audio(CompositeAudioClip([music, *voices])).write_videofile(
        str(target), fps=FPS, preset="ultrafast", threads=2, logger=None, ffmpeg_params=["-crf", "26"]
    )


def _scale(time_s: float) -> float:
    return SIZE[0] / 1920 * (1 + 0.1 * time_s / STEP_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
