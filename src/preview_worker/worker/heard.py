"""What a render process says, made sure of: it works on foreign files, and isn't trusted with names.

That the members of an event are of the protocol's kinds `render.hearing` has seen to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from preview_worker.contract import PreviewWarning, Report, Stage
from preview_worker.render.facts import facts_from_json
from preview_worker.render.protocol import REPORT_FILE, Probed, ProtocolError
from preview_worker.storage.atomic import storage_errors
from preview_worker.worker.inputs import Inputs

_DEPTH: Final = 2
"""Parts of a file's name: an edition's folder, and the file."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_KEY: Final = re.compile(r"[0-9a-f]{64}")


def file_name_of(name: str) -> str:
    """A file's name below the folder of files, in at most one folder; any other leads elsewhere.

    Raises:
        ProtocolError: It isn't one.
    """
    parts = name.split("/")
    if len(parts) > _DEPTH or not all(_NAME.fullmatch(part) for part in parts):
        raise ProtocolError(f"The render process named a file {name[:80]!r}.")
    return name


def key_of(key: str) -> str:
    """The key of a piece, which becomes a file's name in the cache.

    Raises:
        ProtocolError: It isn't one.
    """
    if not _KEY.fullmatch(key):
        raise ProtocolError(f"The render process named a piece {key[:80]!r}.")
    return key


def step_id_of(step_id: str | None) -> str | None:
    """The id of a step, if any.

    Raises:
        ProtocolError: It can't be one.
    """
    if step_id is not None and not _NAME.fullmatch(step_id):
        raise ProtocolError(f"The render process named a step {step_id[:80]!r}.")
    return step_id


def stage_of(name: str) -> Stage:
    """The stage of that name.

    Raises:
        ProtocolError: There is none.
    """
    try:
        return Stage(name)
    except ValueError as error:
        raise ProtocolError(f"The render process named a stage {name[:80]!r}.") from error


def facts_of(probed: Probed, inputs: Inputs) -> Mapping[str, Mapping[str, Any]]:
    """What was measured of the files that the process was given, by their hashes; these become files' names.

    Raises:
        ProtocolError: It is told of another file, or of what no file has.
    """
    given = {asset.sha256 for _, _, asset in inputs.files}
    if other := next((sha256 for sha256 in probed.facts if sha256 not in given), None):
        raise ProtocolError(f"The render process measured a file {other[:80]!r} that it wasn't given.")
    for sha256, found in probed.facts.items():
        facts_from_json(sha256, found)
    return probed.facts


def warnings_of(entries: Iterable[Mapping[str, Any]]) -> list[PreviewWarning]:
    """What was noticed.

    Raises:
        ProtocolError: It isn't what the contract says.
    """
    try:
        return [PreviewWarning.model_validate(entry) for entry in entries]
    except ValidationError as error:
        raise ProtocolError("The render process told of a warning that isn't the contract's.") from error


def there(file: Path) -> Path:
    """A file that the process says to have made; blocking.

    Raises:
        ProtocolError: There is none.
    """
    if not file.is_file():
        raise ProtocolError(f"The render process told of a file {file.name[:80]!r} that isn't there.")
    return file


def taken_report(folder: Path) -> Report:
    """The report out of an edition's folder, where it doesn't stay; blocking.

    Raises:
        ProtocolError: There is none, or it isn't what the contract says.
        StorageError: The disk is failing (transient).
    """
    path = there(folder / REPORT_FILE)
    with storage_errors("take the report"):
        content = path.read_bytes()
        path.unlink()
    try:
        return Report.model_validate_json(content)
    except ValidationError as error:
        raise ProtocolError("The render process wrote a report that isn't the contract's.") from error
