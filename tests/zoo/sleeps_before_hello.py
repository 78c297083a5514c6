"""Says nothing at all and stays."""

import threading

threading.Event().wait()
