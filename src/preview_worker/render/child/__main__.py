"""``python -m preview_worker.render.child FOLDER PARENT_PID TERMS``: `preview_worker.render.process` starts it."""

import sys

from preview_worker.render.child.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
