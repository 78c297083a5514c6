"""The chaos command without chaos: a simulation for each seed."""

from __future__ import annotations

import subprocess
import sys

from click.testing import CliRunner

from preview_worker.cli.chaos import chaos
from preview_worker.cli.exits import CONFIGURATION


def test_a_simulation_tells_each_seeds_history():
    command = ["--simulate", "--seed", "3", "--seed", "4", "--jobs", "4"]
    first, again = (CliRunner().invoke(chaos, command, standalone_mode=False) for _ in range(2))
    lines = first.output.splitlines()
    assert first.return_value == 0
    assert [line.split("  ")[:2] for line in lines] == [["seed 3", "jobs 4"], ["seed 4", "jobs 4"]]
    assert lines == again.output.splitlines()
    assert lines[0].split("history ")[1] != lines[1].split("history ")[1]


def test_the_simulation_says_what_to_install_where_lua_is_missing():
    code = (
        "import sys; sys.modules['lupa'] = None; from preview_worker.cli.group import run; "
        "sys.exit(run(['chaos', '--simulate', '--jobs', '1']))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == CONFIGURATION
    assert ended.stderr == (
        "Error (configuration): The simulation needs Lua, which isn't installed: "
        "pip install -r requirements/chaos.txt\n"
    )
