from __future__ import annotations

import random

import pytest

from preview_worker.queue.backoff import full_jitter


@pytest.mark.parametrize(
    ("failures", "ceiling_ms"), [(1, 1_000), (2, 2_000), (3, 4_000), (6, 32_000), (7, 60_000), (500, 60_000)]
)
def test_the_delay_doubles_up_to_a_minute_when_failures_go_on(failures, ceiling_ms):
    assert full_jitter(failures, draw=lambda: 1.0) == ceiling_ms
    assert full_jitter(failures, draw=lambda: 0.5) == ceiling_ms // 2


def test_the_delay_is_at_least_a_millisecond_so_that_it_is_a_delay():
    assert full_jitter(1, draw=lambda: 0.0) == 1


def test_delays_spread_over_the_whole_interval():
    draws = random.Random(7)
    delays_ms = [full_jitter(4, draw=draws.random) for _ in range(1_000)]

    assert min(delays_ms) < 800
    assert max(delays_ms) > 7_200
    assert len(set(delays_ms)) > 500
