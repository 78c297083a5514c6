"""``python -m preview_worker.render.child``, then ``FOLDER PARENT_PID TERMS`` or ``--fork-server PARENT_PID SOCKET``.

`preview_worker.render.launching` starts the one, `preview_worker.render.fork_server` the other.
"""

import sys

from preview_worker.posix import die_with

if __name__ == "__main__":
    # Before the other imports: they take more than half a second, in which the worker may be killed.
    if not die_with(int(sys.argv[2])):
        sys.exit(1)

    if sys.argv[1] == "--fork-server":
        import socket

        from preview_worker.render.child.fork_server import serve_forks

        sys.exit(serve_forks(socket.socket(fileno=int(sys.argv[3]))))

    from preview_worker.render.child.main import main

    sys.exit(main(sys.argv[1:]))
