"""Starts ever more processes, as a decoder does that somebody has taken over."""

import os
import signal

from hello import greet

greet()
for _ in range(200):
    if not os.fork():
        signal.pause()
signal.pause()
