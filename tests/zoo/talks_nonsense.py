"""Answers with something that is no message."""

import sys

from hello import greet

greet()
sys.stdout.write("Segment 1 of 3 done\n")
sys.stdout.flush()
sys.stdin.readline()
