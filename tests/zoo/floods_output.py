"""Writes without end and without a line's end."""

import sys

from hello import greet

greet()
while True:
    sys.stdout.write("x" * 65536)
