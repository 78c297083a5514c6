"""Ignores every signal that may be ignored, and has started a child of its own that does so too."""

import os
import signal
import threading

from hello import greet, say

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
greet()
child = os.fork()
if child:
    say("LogLine", event="forked", values={"pid": child})
threading.Event().wait()
