"""Finishes every command at once."""

import os
import sys

from hello import greet, say

line = greet()
while line and '"Shutdown"' not in line:
    say("LogLine", event="environment", values={"names": sorted(os.environ)})
    say("Finished", stages_ms={"plan": 1})
    line = sys.stdin.readline()
