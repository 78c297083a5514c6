"""The limiter keeps below its ceiling and leaves quiet sound alone."""

from __future__ import annotations

import numpy as np
import pytest

from preview_worker.render.child.limiter import CEILING, REACH_SAMPLES, Limiter


def blocks_of(samples, length):
    return (samples[:, start : start + length] for start in range(0, samples.shape[1], length))


def limited(samples, length=4800):
    limiter = Limiter()
    return limiter, np.concatenate(list(limiter.limited(blocks_of(samples, length))), axis=1)


def noise(level, samples=48_000, seed=1):
    return (np.random.default_rng(seed).uniform(-level, level, (2, samples))).astype(np.float32)


def test_sound_is_untouched_when_below_the_ceiling():
    samples = noise(0.8)
    limiter, out = limited(samples)
    assert np.array_equal(out, samples)
    assert limiter.limited_samples == 0


@pytest.mark.parametrize("level", [0.9, 1.5, 4.0])
def test_sound_never_passes_the_ceiling_when_it_would(level):
    limiter, out = limited(noise(level))
    assert np.abs(out).max() <= CEILING + 1e-6
    assert limiter.limited_samples > 0
    assert limiter.peak == pytest.approx(level, rel=0.01)


def test_sound_is_untouched_when_farther_than_ten_milliseconds_from_a_peak():
    samples = noise(0.3)
    samples[:, 20_000] = 1.8
    _, out = limited(samples)
    changed = np.flatnonzero((out != samples).any(axis=0))
    assert changed.min() >= 20_000 - 2 * REACH_SAMPLES
    assert changed.max() <= 20_000 + 2 * REACH_SAMPLES


@pytest.mark.parametrize("length", [960, 7000, 48_000])
def test_sound_is_the_same_when_blocks_are_of_another_length(length):
    samples = noise(0.5)
    samples[:, 4790:4810] = 1.4
    _, out = limited(samples, length)
    assert np.allclose(out, limited(samples, 4800)[1], atol=1e-7)
