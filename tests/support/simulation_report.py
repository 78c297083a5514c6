"""What a full run of the simulation did, as docs/simulation-report.md tells it."""

from __future__ import annotations

import os
import platform
from collections import Counter
from importlib.metadata import version

LIBRARIES = ("bullmq", "redis", "lupa", "hypothesis")
TEXT = """# Simulation

The worker's real code, the publisher's and the server's real Lua on a simulated clock, server, network and disk
([ADR 34](adr/0034-simulated-beside-real.md)). Written by:

    make simulation SEED={seed} JOBS={jobs}

On {host}: {versions}. {processes} at once, load average {load:.1f} at the end: seconds are a shared machine's.
"""


def markdown(stats, processes):
    """The report of pytest's results by outcome, each with what its test recorded."""
    passed, failed = stats.get("passed", []), [*stats.get("failed", []), *stats.get("error", [])]
    parts = [_head(processes)]
    parts += [*_orders(passed), *_jobs(passed), *_bugs(passed)]
    if failed:
        parts += ["## Broken", "", *(f"- {report.nodeid}" for report in failed), ""]
    return "\n".join(parts)


def _head(processes):
    return TEXT.format(
        seed=os.environ.get("SIMULATION_SEED", "1"),
        jobs=os.environ.get("SIMULATION_JOBS", "100000"),
        host=f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}",
        versions=", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        processes="One process" if processes == 1 else f"{processes} processes",
        load=os.getloadavg()[0],
    )


def _told(reports, name):
    """What was recorded under a name, and how long each test took in seconds."""
    return [(value, report.duration) for report in reports for key, value in report.user_properties if key == name]


def _orders(passed):
    runs = _told(passed, "orders")
    if runs:
        rows = {
            "seeds": len(runs),
            "orders of steps": sum(told["runs"] for told, _ in runs),
            "steps": sum(told["steps"] for told, _ in runs),
            "broken promises": 0,
            "seconds": sum(took_s for _, took_s in runs),
        }
        asked = int(os.environ.get("SIMULATION_RUNS", "5000"))
        yield from ["## Commit and fence, in orders of steps that Hypothesis draws", ""]
        yield from [*_part(rows["orders of steps"], asked, "orders of steps"), *_table(rows)]


def _jobs(passed):
    runs = _told(passed, "jobs")
    if not runs:
        return
    counts, faults = Counter(), Counter()
    for told, _ in runs:
        counts.update(told["counts"])
        faults.update(told["faults"])
    asked = int(os.environ.get("SIMULATION_JOBS", "100000"))
    done = sum(told["jobs"] for told, _ in runs)
    rows = {
        "seeds": len(runs),
        "jobs": done,
        "broken promises": 0,
        "seconds": sum(took_s for _, took_s in runs),
        "simulated hours": sum(told["simulated_s"] for told, _ in runs) / 3600,
        **{kind: counts[kind] for kind in sorted(counts) if kind not in {"admitted", "fault"}},
    }
    yield from ["## Jobs among faults", ""]
    yield from [*_part(done, asked, "jobs"), *_table(rows), "Faults:", "", *_table(dict(faults.most_common()))]


def _part(done, asked, what):
    """What is said of a run that was stopped, or in which something broke, which has a heading of its own."""
    return [f"This is a part: {done:,} of {asked:,} {what}.", ""] if done < asked else []


def _bugs(passed):
    bugs = _told(passed, "bug")
    if bugs:
        yield from ["## Bugs that were put in", "", f"{len(bugs)} of {len(bugs)} were found.", ""]
        yield from _table(dict(bugs), head="found after, in seconds")


def _table(rows, head=""):
    shown = [
        f"| {name} | {value:,.1f} |" if isinstance(value, float) else f"| {name} | {value:,} |"
        for name, value in rows.items()
    ]
    return [f"| | {head} |".replace("  ", " "), "|---|---|", *shown, ""]
