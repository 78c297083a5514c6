"""The music's amplitude bends where voices begin and end."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

from preview_worker.timeline.model import Music
from preview_worker.timeline.music_gain import ATTACK_SAMPLES, RELEASE_SAMPLES, bends, bends_within, gain_of_db
from support.media import track_of

BED = Music(asset_id="m", gain_db=-6, duck_db=-12)
FULL, LOW = gain_of_db(-6), gain_of_db(-18)


def amplitude(found, at):
    """Straight lines between bends, exactly."""
    if at <= found[0][0]:
        return Fraction(found[0][1])
    for (start, low), (end, high) in itertools.pairwise(found):
        if at <= end:
            return Fraction(low) + (Fraction(high) - Fraction(low)) * Fraction(at - start, end - start)
    return Fraction(found[-1][1])


def test_music_stays_at_its_gain_when_nobody_speaks():
    assert bends(BED, ()) == ((0, FULL),)


def test_music_goes_down_before_a_voice_and_comes_back_after_it():
    (voice,) = track_of(9, voices=[(2, 3)]).voices
    assert bends(BED, [voice]) == (
        (96_000 - ATTACK_SAMPLES, FULL),
        (96_000, LOW),
        (240_000, LOW),
        (240_000 + RELEASE_SAMPLES, FULL),
    )


def test_music_stays_low_when_the_next_voice_follows_closely():
    voices = track_of(9, voices=[(1, 1), (2.79, 1)]).voices
    assert [gain for _, gain in bends(BED, voices)] == [FULL, LOW, LOW, FULL]
    apart = track_of(9, voices=[(1, 1), (2.81, 1)]).voices
    assert len(bends(BED, apart)) == 8


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        (-5000, 40_000, 1),
        (-5000, 86_500, 2),
        (90_000, 91_000, 2),
        (100_000, 200_000, 1),
        (100_000, 240_001, 2),
        (230_000, 250_000, 2),
        (0, 500_000, 4),
        (400_000, 500_000, 1),
    ],
)
def test_amplitude_is_the_same_when_only_the_bends_of_a_stretch_are_kept(start, end, kept):
    found = bends(BED, track_of(9, voices=[(2, 3)]).voices)
    within = bends_within(found, start, end)
    assert len(within) == kept
    for at in range(start, end, 997):
        assert amplitude(within, at - start) == amplitude(found, at)


def test_level_is_all_that_is_kept_when_nothing_bends():
    assert bends_within(((7000, FULL),), 90_000, 91_000) == ((0, FULL),)
