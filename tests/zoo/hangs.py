"""Takes a command and is never heard of again."""

import threading

from hello import greet

greet()
threading.Event().wait()
