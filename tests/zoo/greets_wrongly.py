"""Speaks another version of the protocol."""

import sys

from hello import say

say("Hello", version=99, pid=1)
sys.stdin.readline()
