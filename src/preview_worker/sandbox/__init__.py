"""How a process that reads strangers' files shuts itself in: limits, no network, no programs, no foreign files.

`confinement.confine` is all that a process calls, once, before it reads anything foreign; what then holds it finds
out by trying (`self_test`). Linux gives all of it, other systems less (`levels`).
"""
