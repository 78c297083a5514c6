"""The limiter keeps below its ceiling and leaves quiet sound alone."""

from __future__ import annotations

import numpy as np
import pytest

from preview_worker.render.child.levels import true_heights
from preview_worker.render.child.limiter import AUDIBLE_GAIN, Limiter
from preview_worker.render.child.samples import on_both_sides
from preview_worker.timeline.sound_spans import CONTEXT_SAMPLES
from support.sounds import CEILING, limited


def noise(level, samples=48_000, seed=1):
    return (np.random.default_rng(seed).uniform(-level, level, (2, samples))).astype(np.float32)


def test_sound_is_untouched_when_below_the_ceiling():
    samples = noise(0.4)
    limiter, out = limited(samples)
    assert np.array_equal(out, samples)
    assert limiter.limited_samples == 0


@pytest.mark.parametrize("level", [0.6, 1.5, 4.0])
def test_sound_never_passes_the_ceiling_when_it_would(level):
    limiter, out = limited(noise(level))
    assert np.abs(out).max() <= CEILING + 1e-6
    assert (limiter.limited_samples > 0) is bool(true_heights(noise(level), 0).max() > CEILING / AUDIBLE_GAIN)
    assert limiter.peak == pytest.approx(true_heights(noise(level), 0).max())


def test_signal_between_samples_never_passes_the_ceiling_when_the_samples_do_not():
    samples = np.stack([0.75 * np.sin(np.pi / 2 * np.arange(9600) + np.pi / 4)] * 2).astype(np.float32) * 1.4
    assert np.abs(samples).max() < CEILING
    _, out = limited(samples)
    assert true_heights(out[:, 100:-100], 0).max() <= CEILING + 1e-4


def test_sound_is_the_same_when_its_sides_differ_only_later():
    one, two = noise(1.5)[:1], noise(1.5, seed=2)
    _, expected = limited(np.concatenate((np.repeat(one, 2, axis=0), two), axis=1))
    limiter = Limiter(ceiling=CEILING, start=0, end=10**6)
    edge = np.zeros((1, CONTEXT_SAMPLES), np.float32)
    out = [on_both_sides(block) for block in limiter.limited(iter((edge, one, two, edge)))]
    assert np.array_equal(np.concatenate(out, axis=1), expected)


def test_sound_is_untouched_when_farther_than_ten_milliseconds_from_a_peak():
    samples = noise(0.3)
    samples[:, 20_000] = 1.8
    _, out = limited(samples)
    changed = np.flatnonzero((out != samples).any(axis=0))
    assert changed.min() >= 20_000 - CONTEXT_SAMPLES
    assert changed.max() <= 20_000 + CONTEXT_SAMPLES


@pytest.mark.parametrize("length", [960, 7000, 48_000])
def test_sound_is_the_same_when_blocks_are_of_another_length(length):
    samples = noise(0.5)
    samples[:, 4790:4810] = 1.4
    _, out = limited(samples, length)
    assert np.array_equal(out, limited(samples, 4800)[1])


def test_gain_is_the_same_to_the_last_bit_when_the_sound_begins_elsewhere():
    samples = noise(1.6)
    _, out = limited(samples)
    _, later = limited(samples[:, 12_345:])
    assert np.array_equal(out[:, 12_345 + CONTEXT_SAMPLES :], later[:, CONTEXT_SAMPLES:])


def test_only_samples_that_are_counted_are_told_when_there_is_more():
    samples = noise(0.3)
    samples[:, 20_000] = 1.8
    blocks = [samples[:, :10_000], samples[:, 10_000:30_000], samples[:, 30_000:]]
    first = Limiter(ceiling=CEILING, start=0, end=15_000)
    second = Limiter(ceiling=CEILING, start=15_000, end=40_000)
    for limiter in (first, second):
        list(limiter.limited(iter(blocks)))
    assert (first.limited_samples, second.limited_samples > 0) == (0, True)
    assert first.peak == pytest.approx(0.3, rel=0.01)
    assert second.peak == pytest.approx(1.8)
