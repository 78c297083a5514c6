"""The version of this installation."""

from __future__ import annotations

from importlib.metadata import version


def product_version() -> str:
    """Version of the installed distribution."""
    return version("mobius-preview-worker")
