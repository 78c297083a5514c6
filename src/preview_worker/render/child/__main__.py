"""``python -m preview_worker.render.child FOLDER PARENT_PID TERMS``: `preview_worker.render.process` starts it."""

import sys

from preview_worker.posix import die_with

if __name__ == "__main__":
    # Before the other imports: they take half a second, in which the worker may be killed.
    if not die_with(int(sys.argv[2])):
        sys.exit(1)

    from preview_worker.render.child.main import main

    sys.exit(main(sys.argv[1:]))
