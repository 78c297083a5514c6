"""`preview-worker` and `python -m preview_worker`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    from preview_worker.cli.group import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
