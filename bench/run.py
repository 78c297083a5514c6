"""`make bench`: the bench job through the whole service, beside x264 alone and beside peers, in one run.

Prints a table and writes bench/results.json. Times are the worker's own: from taking the job to its publication.
Arguments name the parts to run; without any, all are.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from languages import language_rows
from limit import CORES, limit_fps
from material import write_material
from peers import peer_rows
from process_start import start_rows
from rich.console import Console
from rich.table import Table
from scenarios import FPS, Bench, Row
from sound_cost import sound_rows
from throughput import throughput_rows


def main(arguments: list[str]) -> None:
    """Run parts and tell the results."""
    root = Path(tempfile.mkdtemp(prefix="preview-bench-"))
    console = Console()
    rows: list[Row] = []
    try:
        write_material(root / "material")
        bench = Bench(root)
        parts: dict[str, Callable[[], Iterator[Row]]] = {
            "minute": lambda: _beside_the_limit(bench),
            "share": lambda: bench.share_of_the_limit(limit_fps),
            "kinds": bench.other_kinds,
            "together": bench.together,
            "memory": bench.memory,
            "frames": bench.single_frames,
            "languages": lambda: language_rows(bench),
            "sound": lambda: sound_rows(root / "material"),
            "starts": lambda: start_rows(root),
            "throughput": lambda: throughput_rows(root),
            "long": bench.long_tutorial,
            "peers": lambda: peer_rows(root / "material", root),
        }
        for name in arguments or parts:
            for row in parts[name]():
                console.print(f"{row.label}: {row.wall_ms:.0f} ms", highlight=False)
                rows.append(row)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    machine = f"{platform.machine()}, {CORES} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    console.print(_table(rows, machine))
    results = {"machine": machine, "rows": [asdict(row) for row in rows]}
    Path(__file__).with_name("results.json").write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")


def _beside_the_limit(bench: Bench) -> Iterator[Row]:
    """The minute's runs, and x264 alone right after the cold one, since the machine's speed moves."""
    for row in bench.edits_of_a_minute():
        yield row
        if bench.video.exists() and row.label.endswith("cold"):
            fps = limit_fps(bench.video)
            share = (row.real_time or 0) * FPS / fps
            yield Row(
                label="the limit: x264 alone",
                wall_ms=60_000 * FPS / fps,
                real_time=fps / FPS,
                remark=f"the cold run reached {share:.2f} of it",
            )


def _table(rows: list[Row], machine: str) -> Table:
    table = Table(title=f"60 s, 8 steps, 1280×720 at 30 fps, all outputs ({machine})")
    table.add_column("run")
    table.add_column("wall ms", justify="right")
    table.add_column("× real time", justify="right")
    table.add_column("remark", overflow="fold")
    for row in rows:
        real_time = f"{row.real_time:.2f}" if row.real_time is not None else ""
        table.add_row(row.label, f"{row.wall_ms:.0f}", real_time, row.remark)
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
