"""What the programs of the zoo share: they speak the protocol well enough to be taken for a render process."""

from __future__ import annotations

import json
import os
import sys


def say(kind, **members):
    sys.stdout.write(json.dumps({"type": kind, **members}) + "\n")
    sys.stdout.flush()


def greet():
    """Say hello and wait for the first command."""
    say("Hello", version=1, pid=os.getpid())
    return sys.stdin.readline()
