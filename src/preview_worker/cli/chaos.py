"""`preview-worker chaos`."""

from __future__ import annotations

import asyncio
import shlex
import sys
from pathlib import Path

import click

from preview_worker.cli.exits import JOB_FAILED, OK
from preview_worker.errors import ConfigurationError

SCENARIOS = ("kills", "points", "restarts", "takeovers")


@click.command()
@click.option("--scenario", "scenarios", multiple=True, type=click.Choice(SCENARIOS), help="All of them by default.")
@click.option("--seed", "seeds", multiple=True, type=int, default=(1,), show_default=True, help="Of the nemesis.")
@click.option("--scale", type=click.FloatRange(0.001, 1), default=0.01, show_default=True, help="1 is the full tier.")
@click.option("--faults", type=click.FloatRange(0.001, 1), help="Scale of the kill loop's faults, if another.")
@click.option("--naive", is_flag=True, help="Run BullMQ's defaults with files written in place beside, as a control.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the results there as Markdown.")
@click.option(
    "--simulate",
    is_flag=True,
    help="Real code on a simulated clock, server and disk; a seed tells one story. Needs requirements/chaos.txt.",
)
@click.option("--jobs", type=click.IntRange(1), default=1000, show_default=True, help="With --simulate: for each seed.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep history and data in this folder.")
def chaos(
    scenarios: tuple[str, ...],
    seeds: tuple[int, ...],
    scale: float,
    faults: float | None,
    naive: bool,
    report: Path | None,
    simulate: bool,
    jobs: int,
    keep: Path | None,
) -> int:
    """Kill and stop real workers and their server while jobs run, and account for every job; exit 1 if any is wrong.

    Everything happens in a folder and with a server of its own; no running service is touched.
    """
    if simulate:
        return _simulated(seeds, jobs)

    from preview_worker.chaos.campaign import Campaign, Scale, Scenario
    from preview_worker.chaos.report import Section, markdown, write

    campaign = Campaign(scale=Scale(share=scale, faults_share=faults), seeds=seeds, keep=keep)
    command = shlex.join(["preview-worker", *sys.argv[1:]])
    sections: list[Section] = []
    for name in scenarios or SCENARIOS:
        click.echo(f"{name} …", err=True)
        sections.append(asyncio.run(campaign.section(Scenario(name), naive=naive)))
        for failure in sections[-1].failures:
            click.echo(f"broken  {failure}", err=True)
        if report is not None:
            write(report, command, sections)
    click.echo(markdown(command, sections))
    return JOB_FAILED if any(section.failures for section in sections) else OK


def _simulated(seeds: tuple[int, ...], jobs: int) -> int:
    """Run a simulation for each seed; a line for each, and one for each broken promise."""
    try:
        from preview_worker.chaos.simulation.run import simulate
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "lupa":
            raise
        raise ConfigurationError(
            "The simulation needs Lua, which isn't installed: pip install -r requirements/chaos.txt"
        ) from error

    broken = 0
    for seed in seeds:
        simulated = simulate(seed, jobs)
        broken += len(simulated.violations)
        for violation in simulated.violations:
            click.echo(f"broken  seed {seed}: {violation}", err=True)
        counts = "  ".join(f"{kind} {count}" for kind, count in simulated.counts.items())
        click.echo(f"seed {seed}  jobs {simulated.jobs}  {counts}  history {simulated.sha256[:16]}")
    return JOB_FAILED if broken else OK
