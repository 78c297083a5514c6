"""Ends when it is told to, and leaves a helper behind that nothing binds to its life."""

import os
import signal
import sys

from hello import greet, say

greet()
helper = os.fork()
if not helper:
    signal.pause()
    os._exit(0)
say("LogLine", event="helper", values={"pid": helper})
say("Finished", stages_ms={})
sys.stdin.readline()
