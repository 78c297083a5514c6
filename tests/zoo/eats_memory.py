"""Takes 300 MB of memory and holds it."""

import threading

from hello import greet

greet()
eaten = bytearray(300_000_000)
eaten[::4096] = b"\x01" * len(eaten[::4096])
threading.Event().wait()
