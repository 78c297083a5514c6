"""Dies of a segmentation fault, as a codec does that reads beyond its memory."""

import os
import signal

from hello import greet

greet()
os.kill(os.getpid(), signal.SIGSEGV)
