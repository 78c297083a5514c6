"""The worker's real code on a simulated clock, server and disk, with faults; replayed exactly by its seed."""
