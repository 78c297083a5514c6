"""Node.js with the BullMQ that the existing producers run; installed once into pytest's cache folder."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

BULLMQ_VERSION = "5.61.0"

# argv: socket path (or port of loopback), queue name, JSON list of [operation, ...arguments]; prints one JSON a line.
CLIENT = """
import { Job, Queue } from "bullmq";
const [path, name, operations] = process.argv.slice(2);
const place = /^\\d+$/.test(path) ? { port: Number(path) } : { path };
const queue = new Queue(name, { connection: { ...place, maxRetriesPerRequest: 1 } });
const actions = {
  add: async (data, options) => (await queue.add("render-preview", data, options)).id,
  read: async (id) => {
    const job = await Job.fromId(queue, id);
    return job && {
      state: await job.getState(), progress: job.progress, result: job.returnvalue, data: job.data,
      attemptsMade: job.attemptsMade, failedReason: job.failedReason, logs: (await queue.getJobLogs(id)).logs,
    };
  },
  events: async () => {
    const client = await queue.client;
    const entries = await client.xrange(queue.toKey("events"), "-", "+");
    return entries.map(([, fields]) => fields[fields.indexOf("event") + 1]);
  },
  counts: () => queue.getJobCounts(),
  resume: () => queue.resume(),
};
for (const [operation, ...rest] of JSON.parse(operations)) {
  console.log(JSON.stringify((await actions[operation](...rest)) ?? null));
}
await queue.close();
"""


class NodeClient:
    """Runs operations of Node's BullMQ on a queue, each call in a process of its own."""

    def __init__(self, folder: Path, socket: Path | int) -> None:
        self._folder = folder
        self._socket = socket

    def run(self, queue_name, *operations):
        done = subprocess.run(
            ["node", "client.mjs", str(self._socket), queue_name, json.dumps(operations)],  # noqa: S607
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


def unavailable(reason):
    """Skip the test, or fail it where everything must be there."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def node_bullmq_folder(request):
    """A folder whose node_modules hold BullMQ, with the client script."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        unavailable("Node.js and npm are needed")
    folder = request.config.cache.mkdir(f"node-bullmq-{BULLMQ_VERSION}")
    with (folder / "lock").open("w") as lock:  # test processes run side by side
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            _install(folder)
        (folder / "client.mjs").write_text(CLIENT)
    return folder


@pytest.fixture
def node_client(node_bullmq_folder, valkey_server):
    return NodeClient(node_bullmq_folder, valkey_server.socket)


def _install(folder):
    (folder / "package.json").write_text('{"private": true}\n')
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", f"bullmq@{BULLMQ_VERSION}"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        unavailable("npm took too long")
    if done.returncode != 0:
        unavailable(f"npm could not install bullmq: {done.stderr[-300:]}")
    (folder / "installed").touch()
