"""Where files live below DATA_DIR, and how a finished preview appears there whole or not at all."""
