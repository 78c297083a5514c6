"""Preview Worker: a board-game tutorial in, a preview video out, and no job lost."""
