"""One service for all tests that only post jobs, each in a project of its own; and what to post."""

from __future__ import annotations

import pytest

from support.processes import Service, running, short_folder


@pytest.fixture(scope="session")
def service():
    with short_folder() as folder, running(Service(folder / "data")) as up:
        yield up.ready()
