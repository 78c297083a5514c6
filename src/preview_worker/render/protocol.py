"""What the worker and its render process say to each other: one JSON object per line, in both directions.

The process says `Hello` first. For a `Render` it answers, in this order: `Probed` (facts nobody knew yet), `Planned`
(then it waits for `Cached`, the keys of segments that were put below ``in/segments/``), `Helpers` where it starts any,
any number of `Progress`, `SegmentReady`, `FileReady`, `LiveReady` and `LogLine`, and one `Finished` or `Failed`. A
`Probe` is answered by `Probed` and `Finished`, a `Check` by `Probed`, `Progress`, `Noticed` and `Finished`, a `Frame`
by `Probed`, then `Noticed` and `FileReady` or else `Refused`, and `Finished`.

Folders, below the process's own: ``in/`` holds assets by the names of `Source.file`, ``in/segments/`` cached segments;
the process writes ``out/segments/``, ``out/files/`` and ``out/live/``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar, get_args

from preview_worker.errors import PermanentError, PreviewError, RenderCrashError, TransientError

PROTOCOL_VERSION = 1
LONGEST_LINE_BYTES = 8 * 1024 * 1024
"""A payload is at most 2 MiB and a plan's keys are 70 bytes per 3.5 s: a longer line is a fault."""

IN_FOLDER, OUT_FOLDER = "in", "out"
SEGMENTS_FOLDER, FILES_FOLDER, LIVE_FOLDER = "segments", "files", "live"
REPORT_FILE = "report.json"
FRAME_FILE = "frame.jpg"
PLAYLIST_FILE = "index.m3u8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an asset is: a name below ``in/`` with its hash, or the reason why it isn't there."""

    file: str | None = None
    sha256: str = ""
    missing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What every command about a tutorial carries.

    Attributes:
        job_id: Name of the job.
        project_id: Name of its project; a process serves one project only.
        request_id: The producer's name for the request.
        digest: SHA-256 of what was asked for.
        request: The payload's `previewRequest`.
        edition: Number of the only edition that is asked for; None: all are.
        sources: Where each asset is, by asset id (``path:<path>`` for a visual given by path).
        voices: Where draft voices' recordings are, by asset id; one entry for each edition that is asked for.
        facts: What is known already, by SHA-256.
        max_duration_ms: The longest video allowed.
        fonts_folder: Folder with the user's own fonts.
        threads: How many encoders, each of one thread in a process of its own, may run at once.
        live: Whether somebody may watch while it is made.
    """

    job_id: str
    project_id: str
    request_id: str
    digest: str
    request: dict[str, Any]
    sources: dict[str, Source]
    edition: int | None = None
    voices: list[dict[str, Source]] = field(default_factory=lambda: [{}])
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    max_duration_ms: int = 1_800_000
    fonts_folder: str | None = None
    threads: int = 1
    live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An earlier preview, to compare with.

    Attributes:
        job_id: Its job.
        basis: Why it is this one: a value of the contract's `Basis`.
        steps: Its report's steps, each with fingerprints.
        width_px: Width of its frames.
        height_px: Height of its frames.
        part: Whether only a part of the tutorial is in it.
        sheet: Its contact sheet, by name below ``in/``; None where there is none.
    """

    job_id: str
    basis: str
    steps: list[dict[str, Any]]
    width_px: int
    height_px: int
    part: bool = False
    sheet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """Make everything a job produces; tell of each edition what changed since an earlier preview, if there is one."""

    work: Work
    earlier: list[Earlier | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Measure the assets only: for a dry run."""

    work: Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Tell all that can be told without painting and encoding: of the plan, of files, of what drawing would notice."""

    work: Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Make one picture of a step, `at_ms` after its start (None: at rest), at most `width_px` wide."""

    work: Work
    step_id: str
    at_ms: int | None = None
    width_px: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """Keys of segments, and of the sound's spans, that now stand below ``in/segments/``."""

    keys: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutdown:
    """End, please."""


Command = Render | Probe | Check | Frame | Cached | Shutdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The process is ready; it speaks this version of the protocol, and has found this sandbox level to hold."""

    version: int
    pid: int
    sandbox: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """Facts measured just now, by SHA-256: worth keeping."""

    facts: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The plan of all editions, one after the other.

    Attributes:
        frames: Frames of the videos.
        keys: Keys of their segments in order; one may stand several times.
        sound_keys: Keys of the sound's spans, likewise.
        still_keys: Keys of the pictures beside the videos.
        p90_render_ms: What it may well cost.
        p90_bytes: How large the videos may well be.
    """

    frames: int
    keys: list[str]
    sound_keys: list[str]
    still_keys: list[str]
    p90_render_ms: int
    p90_bytes: int

    @property
    def all_keys(self) -> list[str]:
        """Keys of everything that may be in the cache."""
        return [*self.keys, *self.sound_keys, *self.still_keys]


@dataclass(frozen=True, slots=True, kw_only=True)
class Helpers:
    """Process ids of all that now work beside the process; they end with the command at the latest."""

    pids: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is; `stage` is one of the contract's."""

    stage: str
    frames_done: int
    frames_total: int
    step_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentReady:
    """A segment, or a span of the sound, stands below ``out/segments/``: complete, checked, fit for the cache."""

    key: str
    file: str
    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReady:
    """A file of the result stands below ``out/files/``; those of another edition than the first in its folder there."""

    name: str
    media_type: str
    width_px: int | None = None
    height_px: int | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveReady:
    """A file that can be watched already stands, whole, below ``out/live/``.

    The playlist is told again as it grows, under one name in ever new files: it never speaks of what wasn't told.

    Attributes:
        name: How it is called by those who watch.
        file: Its name in the folder.
    """

    name: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """What the author should look at: entries of the contract's `PreviewWarning`."""

    warnings: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """There is nothing to make as asked: a fault of the one who asks, not of the process, which goes on."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """Something for the job's log."""

    event: str
    level: Literal["debug", "info", "warning"] = "info"
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """All is done; how long each stage took and what was used."""

    stages_ms: dict[str, int]
    segments: int = 0
    hits: int = 0
    cpu_ms: int = 0
    peak_memory_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The command failed; the members are those of `PreviewError`."""

    code: str
    sentence: str
    retryable: bool
    pointer: str | None = None
    step_id: str | None = None
    hint: str | None = None

    def error(self) -> PreviewError:
        """The exception behind it."""
        kind = TransientError if self.retryable else PermanentError
        return kind(self.sentence, pointer=self.pointer, step_id=self.step_id, hint=self.hint, code=self.code)


Told = Probed | Planned | Progress | SegmentReady | FileReady | LiveReady | Noticed | Refused | LogLine
"""What a process may say between a command and its end."""

Event = Hello | Helpers | Told | Finished | Failed

_COMMANDS: Mapping[str, type[Command]] = {kind.__name__: kind for kind in get_args(Command)}
_EVENTS: Mapping[str, type[Event]] = {
    kind.__name__: kind for kind in (Hello, Helpers, *get_args(Told), Finished, Failed)
}

_Message = TypeVar("_Message")


class ProtocolError(RenderCrashError):
    """The other side said something that isn't in the protocol."""

    default_code = "render-protocol"


def line_of(message: Command | Event) -> bytes:
    """A message as one line of JSON.

    Raises:
        ProtocolError: It would be longer than a line may be.
    """
    line = json.dumps({"type": type(message).__name__, **asdict(message)}, separators=(",", ":")).encode() + b"\n"
    if len(line) > LONGEST_LINE_BYTES:
        raise ProtocolError(f"A {type(message).__name__} message of {len(line)} bytes is too long.")
    return line


def command_of(line: bytes) -> Command:
    """Read a command.

    Raises:
        ProtocolError: The line isn't one.
    """
    name, members = _read(line)
    if (kind := _COMMANDS.get(name)) is None:
        raise ProtocolError(f"There is no command {name[:40]!r}.")
    if "work" in members:
        work = dict(members["work"])
        work["sources"] = _sources(work["sources"])
        if "voices" in work:
            work["voices"] = [_sources(voices) for voices in work["voices"]]
        members["work"] = _made(Work, work)
    if "earlier" in members:
        members["earlier"] = [None if entry is None else _made(Earlier, entry) for entry in members["earlier"]]
    return _made(kind, members)


def _sources(members: dict[str, Any]) -> dict[str, Source]:
    return {key: Source(**source) for key, source in members.items()}


def event_of(line: bytes) -> Event:
    """Read an event.

    Raises:
        ProtocolError: The line isn't one.
    """
    name, members = _read(line)
    if (kind := _EVENTS.get(name)) is None:
        raise ProtocolError(f"There is no event {name[:40]!r}.")
    return _made(kind, members)


def _read(line: bytes) -> tuple[str, dict[str, Any]]:
    try:
        members = json.loads(line)
    except ValueError as error:
        raise ProtocolError("A line between worker and render process isn't JSON.") from error
    if not isinstance(members, dict) or not isinstance(name := members.pop("type", None), str):
        raise ProtocolError("A line between worker and render process isn't a message.")
    return name, members


def _made(kind: type[_Message], members: dict[str, Any]) -> _Message:
    known = {entry.name for entry in fields(kind)}  # type: ignore[arg-type]
    try:
        return kind(**{name: value for name, value in members.items() if name in known})
    except TypeError as error:
        raise ProtocolError(f"A {kind.__name__} message lacks a member.") from error
