from __future__ import annotations

from preview_worker.observability.metrics import OUTCOMES, Metrics


def test_metrics_have_the_names_that_dashboards_know():
    metrics = Metrics(version="1.2.3")
    metrics.job_outcomes.labels("completed").inc()
    metrics.job_duration.labels("completed").observe(3)
    lines = metrics.exposition().decode().splitlines()
    assert 'preview_worker_job_outcomes_total{outcome="completed"} 1.0' in lines
    assert 'preview_worker_job_duration_seconds_bucket{le="5.0",outcome="completed"} 1.0' in lines
    assert 'preview_worker_build_info{version="1.2.3"} 1.0' in lines


def test_every_outcome_is_exposed_as_zero_when_nothing_happened():
    lines = Metrics(version="x").exposition().decode().splitlines()
    assert {f'preview_worker_job_outcomes_total{{outcome="{outcome}"}} 0.0' for outcome in OUTCOMES} <= set(lines)
    assert {"started", "completed", "failed", "invalid", "dryrun"} <= set(OUTCOMES)


def test_every_metric_has_the_prefix_and_a_registry_of_its_own():
    first, second = Metrics(version="x"), Metrics(version="x")
    first.slots.set(2)
    assert "preview_worker_slots 0.0" in second.exposition().decode().splitlines()
    names = [family.name for family in first.registry.collect()]
    assert names
    assert all(name.startswith("preview_worker_") for name in names)
