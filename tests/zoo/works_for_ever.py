"""Tells of progress again and again and never finishes."""

import threading

from hello import greet, say

greet()
while True:
    say("Progress", stage="render", frames_done=0, frames_total=1)
    threading.Event().wait(0.02)
