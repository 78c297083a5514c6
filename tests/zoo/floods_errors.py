"""Writes 20 MB to its error stream, then finishes well."""

import sys

from hello import greet, say

greet()
for _ in range(320):
    sys.stderr.write("e" * 65535 + "\n")
say("Finished", stages_ms={})
sys.stdin.readline()
