"""The chaos command without chaos: a simulation for each seed."""

from __future__ import annotations

from click.testing import CliRunner

from preview_worker.cli.chaos import chaos


def test_a_simulation_tells_each_seeds_history():
    command = ["--simulate", "--seed", "3", "--seed", "4", "--jobs", "4"]
    first, again = (CliRunner().invoke(chaos, command, standalone_mode=False) for _ in range(2))
    lines = first.output.splitlines()
    assert first.return_value == 0
    assert [line.split("  ")[:2] for line in lines] == [["seed 3", "jobs 4"], ["seed 4", "jobs 4"]]
    assert lines == again.output.splitlines()
    assert lines[0].split("history ")[1] != lines[1].split("history ")[1]
