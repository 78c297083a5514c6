"""Trees that are deeper than paths are long."""

from __future__ import annotations

import os
from pathlib import Path

DEEP = "deep"
"""The name of each folder within the last one."""
TOO_DEEP = 1500
"""Levels that a function that calls itself for each doesn't get through, and whose names no path holds."""


def deep_tree(top: Path, levels: int = TOO_DEEP) -> None:
    """Make a folder with so many within one another; a file stands in every tenth."""
    top.mkdir(parents=True)
    here = os.open(top, os.O_RDONLY)
    try:
        for level in range(levels):
            if level % 10 == 0:
                os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=here))
            os.mkdir(DEEP, dir_fd=here)
            within = os.open(DEEP, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = within
    finally:
        os.close(here)
