"""Play the example's music bed: marimba and felt piano over eight bars that join end to start, the same on every run.

Run it from anywhere: `python examples/brumelac/make_music.py`.
"""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

OUTPUT = Path(__file__).resolve().parent / "assets" / "music.ogg"
SAMPLE_RATE_HZ = 48_000
# 90 beats a minute: a beat is a whole number of samples, so every bar falls on one too.
BEAT_SAMPLES = SAMPLE_RATE_HZ * 60 // 90
BARS, BEATS_PER_BAR = 8, 4
LOOP_SAMPLES = BARS * BEATS_PER_BAR * BEAT_SAMPLES
PEAK = 0.5
BIT_RATE_BPS = 96_000

# One chord a bar as MIDI notes: the bass, then the four tones that the marimba breaks upwards.
CHORDS: tuple[tuple[int, tuple[int, int, int, int]], ...] = (
    (38, (62, 66, 69, 76)),
    (42, (61, 66, 69, 73)),
    (43, (62, 66, 71, 74)),
    (45, (61, 64, 69, 71)),
    (47, (62, 66, 69, 78)),
    (40, (59, 66, 67, 74)),
    (43, (62, 66, 69, 71)),
    (45, (62, 64, 69, 74)),
)
# Which tone sounds on each half beat of a bar; None is a rest.
FIGURES: tuple[tuple[int | None, ...], ...] = (
    (0, 1, 2, 3, None, 2, 1, 2),
    (0, 2, 1, 3, None, 2, None, 1),
)
# A sparse song above: (half beats from the start, MIDI note, loudness).
MELODY: tuple[tuple[int, int, float], ...] = (
    (4, 81, 0.8),
    (7, 78, 0.6),
    (12, 76, 0.7),
    (20, 78, 0.8),
    (22, 79, 0.6),
    (24, 76, 0.7),
    (36, 81, 0.8),
    (39, 85, 0.6),
    (42, 83, 0.7),
    (48, 78, 0.6),
    (52, 74, 0.8),
    (58, 76, 0.6),
)

Sound = NDArray[np.float64]


def frequency_hz(note: float) -> float:
    """Equal temperament, A4 (69) at 440 Hz."""
    return float(440.0 * 2 ** ((note - 69) / 12))


def marimba(note: int) -> Sound:
    """A bar struck with a soft mallet: tone, tuned fourth partial and a breath of wood; float64, shape (n,)."""
    time_s = np.arange(int(1.6 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    pitch_hz = frequency_hz(note)
    tone = np.sin(2 * np.pi * pitch_hz * time_s) * np.exp(-time_s * (2.4 + pitch_hz / 260))
    tone += 0.16 * np.sin(2 * np.pi * pitch_hz * 3.93 * time_s) * np.exp(-time_s * 14)
    tone += 0.05 * np.sin(2 * np.pi * pitch_hz * 9.2 * time_s) * np.exp(-time_s * 40)
    return _edges(tone, attack_s=0.004)


def felt_piano(note: int, length_s: float) -> Sound:
    """A string behind felt: few overtones, each falling faster than the one below; float64, shape (n,)."""
    time_s = np.arange(int(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    tone = np.zeros_like(time_s)
    for partial in range(1, 7):
        pitch_hz = frequency_hz(note) * partial * np.sqrt(1 + 0.0004 * partial**2)
        fall = np.exp(-time_s * (0.9 + 0.55 * partial))
        tone += np.sin(2 * np.pi * pitch_hz * time_s) * fall / partial**1.9
    return _edges(tone, attack_s=0.012)


def _edges(tone: Sound, attack_s: float) -> Sound:
    rise = np.clip(np.arange(tone.size) / (attack_s * SAMPLE_RATE_HZ), 0, 1)
    release = np.clip((tone.size - np.arange(tone.size)) / (0.08 * SAMPLE_RATE_HZ), 0, 1)
    return tone * np.sin(rise * np.pi / 2) * release


def place(mix: Sound, tone: Sound, start_samples: int, gain: float, pan: float) -> None:
    """Add a tone to the loop; what rings past the end sounds at the beginning. `pan` is −1 left to 1 right."""
    positions = (start_samples + np.arange(tone.size)) % LOOP_SAMPLES
    angle = (pan + 1) * np.pi / 4
    for channel, share in enumerate((np.cos(angle), np.sin(angle))):
        np.add.at(mix[channel], positions, tone * gain * share)


def play() -> Sound:
    """Play all eight bars; float64, shape (2, LOOP_SAMPLES), peak at PEAK."""
    mix = np.zeros((2, LOOP_SAMPLES))
    touch = np.random.default_rng(1790)
    for bar, (bass, tones) in enumerate(CHORDS):
        bar_start = bar * BEATS_PER_BAR * BEAT_SAMPLES
        place(mix, felt_piano(bass, 3.4), bar_start, 0.55, -0.1)
        place(mix, felt_piano(bass + 12, 2.2), bar_start + 2 * BEAT_SAMPLES, 0.22, 0.1)
        for tone in tones[:3]:
            place(mix, felt_piano(tone - 12, 3.0), bar_start, 0.12, 0.25)
        for step, index in enumerate(FIGURES[bar % 2]):
            if index is not None:
                late = int(touch.uniform(0, 0.008) * SAMPLE_RATE_HZ)
                start = bar_start + step * BEAT_SAMPLES // 2 + late
                place(mix, marimba(tones[index]), start, 0.30 * touch.uniform(0.75, 1), -0.45 + 0.3 * index)
    for step, note, loudness in MELODY:
        place(mix, marimba(note), step * BEAT_SAMPLES // 2, 0.26 * loudness, 0.2)
    wet = mix + 0.30 * room(mix)
    return wet * (PEAK / np.abs(wet).max())


def room(mix: Sound) -> Sound:
    """The loop as a small wooden room returns it; its own tail wraps round, so the loop stays seamless."""
    random = np.random.default_rng(1791)
    time_s = np.arange(int(1.4 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    answers = np.zeros_like(mix)
    for channel in range(2):
        response = random.standard_normal(time_s.size) * np.exp(-time_s * 4.6)
        response = np.convolve(response, np.hanning(24) / 12, mode="same")
        response[: int(0.012 * SAMPLE_RATE_HZ)] = 0
        response /= np.sqrt(np.square(response).sum())
        spectrum = np.fft.rfft(mix[channel]) * np.fft.rfft(response, LOOP_SAMPLES)
        answers[channel] = np.fft.irfft(spectrum, LOOP_SAMPLES)
    return answers


def write(sound: Sound, path: Path) -> None:
    """Write the loop as Ogg Opus, 48 kHz stereo."""
    # Without bitexact, the container gets a random serial number and the bytes differ each time.
    with av.open(str(path), "w", format="ogg", container_options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=SAMPLE_RATE_HZ, layout="stereo")
        stream.bit_rate = BIT_RATE_BPS
        stream.options = {"flags": "+bitexact"}
        frame = av.AudioFrame.from_ndarray(sound.astype(np.float32), format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.time_base = Fraction(1, SAMPLE_RATE_HZ)
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    """Write assets/music.ogg."""
    OUTPUT.parent.mkdir(exist_ok=True)
    write(play(), OUTPUT)
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size // 1024} kB, {LOOP_SAMPLES / SAMPLE_RATE_HZ:.1f} s")


if __name__ == "__main__":
    main()
