"""Pictures of every feature: the gallery page for people, and the golden frames that a test compares with.

Both come from one list of shots (`gallery/shots.py` and its chapters), painted the way a job's frames are.
"""
