"""Ends with code 3 after a word on its error stream."""

import sys

from hello import greet

greet()
sys.stderr.write("the disk has gone away\n")
sys.exit(3)
