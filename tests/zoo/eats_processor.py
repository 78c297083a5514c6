"""Uses processor time without end."""

from hello import greet

greet()
while True:
    pass
