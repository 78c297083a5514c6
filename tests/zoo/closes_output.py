"""Closes its output and stays."""

import os
import threading

from hello import greet

greet()
os.close(1)
threading.Event().wait()
