"""Pure code: a payload and the facts of its media become frames, scenes, segments, captions, chapters and sound.

Nothing here reads a file, a clock or the environment, and nothing imports numpy: the same input gives the same plan on
every machine, so plans can be compared, cached by content and tested by properties.
"""
