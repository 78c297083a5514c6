"""Two steps of the bench job by the FFmpeg command line of imageio-ffmpeg. Runs in `.bench-venv`."""

import subprocess
import sys
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

FPS, STEP_S, FADE_S, STEPS = 30, 7.5, 0.5, 2


def main(material: Path, target: Path, enlarged: int) -> None:
    """Write the video; zoompan works in whole pixels of a picture so many times as large as the output."""
    inputs: list[str] = []
    for number in range(STEPS):
        inputs += ["-i", str(material / f"photo{number}.jpg")]
    for number in range(STEPS):
        inputs += ["-i", str(material / f"voice{number}.wav")]
    inputs += ["-i", str(material / "music.wav")]
    frames = [round((STEP_S + (FADE_S if number < STEPS - 1 else 0)) * FPS) for number in range(STEPS)]
    zooms = [
        f"[{number}:v]scale={1280 * enlarged}:{720 * enlarged},"
        f"zoompan=z='1+0.1*on/{frames[number]}':x='(iw-iw/zoom)/2':y='(ih-ih/zoom)/2':d={frames[number]}:s=1280x720:fps={FPS}"
        f"[v{number}]"
        for number in range(STEPS)
    ]
    voices = [
        f"[{STEPS + number}:a]adelay={round((number * STEP_S + 0.2) * 1000)}:all=1[a{number}]"
        for number in range(STEPS)
    ]
    graph = ";".join(
        [
            *zooms,
            f"[v0][v1]xfade=duration={FADE_S}:offset={STEP_S}[v]",
            *voices,
            f"[{2 * STEPS}:a]volume=0.3,atrim=0:{STEPS * STEP_S}[m]",
            "[m][a0][a1]amix=inputs=3:normalize=0[a]",
        ]
    )
    command = [get_ffmpeg_exe(), "-y", *inputs, "-filter_complex", graph, "-map", "[v]", "-map", "[a]"]
    command += ["-t", str(STEPS * STEP_S), "-c:v", "libx264", "-preset", "ultrafast", "-crf", "26"]
    command += ["-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k", str(target)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
