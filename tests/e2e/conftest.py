"""One service for all tests that only post jobs, each in a project of its own; and a browser."""

from __future__ import annotations

import os
import shutil

import pytest

from support.node import unavailable
from support.processes import Service, free_port, running, short_folder


@pytest.fixture(scope="package")
def service():
    """Its Redis also listens on a port, for Node."""
    redis_port = free_port()
    with short_folder() as folder, running(Service(folder / "data", "--redis-port", str(redis_port))) as up:
        up.redis_port = redis_port
        yield up.ready()


FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        unavailable("chromium is needed")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=[*FLAGS, *sandbox])
        yield browser
        browser.close()
