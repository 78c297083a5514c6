"""Small libraries that stand before the system's own in a process under test; compiled when a test needs one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from support.node import unavailable

SOURCES = Path(__file__).parent


def compiled(name, folder):
    """Compile one into a folder; returns what LD_PRELOAD is to name. Skips where there is no C compiler or no Linux."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        unavailable("needs a C compiler (cc) and Linux")
    library = folder / f"{name}.so"
    source = str(SOURCES / f"{name}.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", str(library), source], check=True)
    return library
