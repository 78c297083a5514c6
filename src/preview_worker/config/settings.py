"""Every setting in one typed table: name, default, unit, meaning, limits. The documentation is generated from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from preview_worker.errors import ConfigurationError
from preview_worker.sandbox.levels import WantedSandbox

PREFIX = "PREVIEW_"
_NUMBER = re.compile("-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The service's settings; secrets don't show in `repr`."""

    redis_url: str | None
    queue_name: str
    queue_prefix: str
    concurrency: int
    queue_max: int
    dead_letters_max: int
    data_dir: Path
    host: str
    port: int
    probe_port: int
    max_duration_s: int
    job_timeout_s: int
    drain_s: int
    retention_days: int
    cache_bytes: int
    asset_hosts: frozenset[str]
    fonts_dir: Path | None
    voice: Literal["auto", "none"]
    render_memory_bytes: int
    sandbox: WantedSandbox
    log_level: Literal["debug", "info", "warning", "error"]
    log_format: Literal["auto", "json", "console"]

    def __repr__(self) -> str:
        shown = {field.name: getattr(self, field.name) for field in fields(self)}
        shown["redis_url"] = None if self.redis_url is None else mask_url(self.redis_url)
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row of the table. `read` turns the text into the value or raises ValueError with what is allowed."""

    name: str
    field: str
    default: str
    unit: str
    meaning: str
    read: Callable[[str], Any]
    secret: bool = False


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not _NUMBER.fullmatch(text) or not lowest <= int(text) <= highest:
            raise ValueError(f"a whole number from {lowest} to {highest}")
        return int(text)

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return text.lower()

    return read


def _name(text: str) -> str:
    if not text or ":" in text or any(character.isspace() for character in text):
        raise ValueError("a name without colons and spaces")
    return text


def _prefix(text: str) -> str:
    if not text or any(character.isspace() for character in text):
        raise ValueError("a key prefix without spaces")
    return text


def _redis_url(text: str) -> str | None:
    if text and not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("a URL that begins with redis://, rediss:// or unix://")
    return text or None


def _hosts(text: str) -> frozenset[str]:
    hosts = frozenset(host.strip().lower() for host in text.split(",") if host.strip())
    if any("/" in host or ":" in host for host in hosts):
        raise ValueError("host names separated by commas, without scheme and port")
    return hosts


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser().resolve()
    except RuntimeError:
        raise ValueError("a path; the home folder of that user is unknown") from None


def _optional_path(text: str) -> Path | None:
    return _path(text) if text else None


def _host(text: str) -> str:
    if not text or any(character.isspace() for character in text):
        raise ValueError("an address or host name")
    return text


_GIB = 1024**3
TABLE: tuple[Setting, ...] = (
    Setting(
        name="REDIS_URL",
        field="redis_url",
        default="",
        unit="URL",
        meaning="Redis or Valkey. Empty: the embedded server of this DATA_DIR if one answers, "
        "else redis://127.0.0.1:6379.",
        read=_redis_url,
        secret=True,
    ),
    Setting(
        name="PREVIEW_QUEUE_NAME",
        field="queue_name",
        default="preview-jobs",
        unit="",
        meaning="Name of the BullMQ queue.",
        read=_name,
    ),
    Setting(
        name="PREVIEW_QUEUE_PREFIX",
        field="queue_prefix",
        default="bull",
        unit="",
        meaning="Prefix of every key in Redis; BullMQ's default is bull.",
        read=_prefix,
    ),
    Setting(
        name="PREVIEW_WORKER_CONCURRENCY",
        field="concurrency",
        default="2",
        unit="jobs",
        meaning="Jobs one worker renders at once; 0 takes none.",
        read=_whole(0, 64),
    ),
    Setting(
        name="PREVIEW_QUEUE_MAX",
        field="queue_max",
        default="20",
        unit="jobs",
        meaning="Most jobs that may wait (waiting, prioritised and delayed); more are refused with 429.",
        read=_whole(1, 100_000),
    ),
    Setting(
        name="PREVIEW_DLQ_MAX",
        field="dead_letters_max",
        default="1000",
        unit="letters",
        meaning="Most dead letters in Redis, and 64 MiB of them; older ones become files of DATA_DIR/dead-letters.",
        read=_whole(1, 100_000),
    ),
    Setting(
        name="DATA_DIR",
        field="data_dir",
        default="./data",
        unit="folder",
        meaning="Previews, assets, caches and the embedded server's files.",
        read=_path,
    ),
    Setting(
        name="PREVIEW_HOST",
        field="host",
        default="127.0.0.1",
        unit="address",
        meaning="Address the API listens on.",
        read=_host,
    ),
    Setting(
        name="PREVIEW_PORT",
        field="port",
        default="5001",
        unit="port",
        meaning="Port of the API; 0 takes a free one.",
        read=_whole(0, 65535),
    ),
    Setting(
        name="PREVIEW_PROBE_PORT",
        field="probe_port",
        default="3000",
        unit="port",
        meaning="Port of the worker's probes and metrics on loopback; 0 takes a free one.",
        read=_whole(0, 65535),
    ),
    Setting(
        name="PREVIEW_MAX_DURATION_S",
        field="max_duration_s",
        default="1800",
        unit="s",
        meaning="Longest video that is rendered.",
        read=_whole(1, 24 * 3600),
    ),
    Setting(
        name="PREVIEW_JOB_TIMEOUT_S",
        field="job_timeout_s",
        default="600",
        unit="s",
        meaning="Longest time one run of a job may take.",
        read=_whole(10, 24 * 3600),
    ),
    Setting(
        name="PREVIEW_DRAIN_S",
        field="drain_s",
        default="25",
        unit="s",
        meaning="How long a stopping worker lets running jobs finish before it hands them back.",
        read=_whole(0, 3600),
    ),
    Setting(
        name="PREVIEW_RETENTION_DAYS",
        field="retention_days",
        default="7",
        unit="days",
        meaning="How long a preview is promised to stay; afterwards its status answers 410.",
        read=_whole(1, 3650),
    ),
    Setting(
        name="PREVIEW_CACHE_BYTES",
        field="cache_bytes",
        default=str(2 * _GIB),
        unit="bytes",
        meaning="Limit of one project's segment cache.",
        read=_whole(0, 1 << 50),
    ),
    Setting(
        name="PREVIEW_ASSET_HOSTS",
        field="asset_hosts",
        default="",
        unit="hosts",
        meaning="Hosts that https assets may come from, separated by commas.",
        read=_hosts,
    ),
    Setting(
        name="PREVIEW_FONTS_DIR",
        field="fonts_dir",
        default="",
        unit="folder",
        meaning="Fonts to use where Inter and Noto Sans lack a character.",
        read=_optional_path,
    ),
    Setting(
        name="PREVIEW_VOICE",
        field="voice",
        default="auto",
        unit="",
        meaning="auto: the draft voice speaks steps without a recording, where the extra `voice` is installed; none.",
        read=_one_of("auto", "none"),
    ),
    Setting(
        name="PREVIEW_RENDER_MEMORY_BYTES",
        field="render_memory_bytes",
        default=str(_GIB),
        unit="bytes",
        meaning="Resident memory at which a render process is ended.",
        read=_whole(200 * 1024**2, 1 << 40),
    ),
    Setting(
        name="PREVIEW_SANDBOX",
        field="sandbox",
        default="auto",
        unit="",
        meaning="What must keep render processes in, or no work begins: full, partial or limits (docs/sandbox.md); "
        "auto: the best that the system gives; none: nothing, to look for faults.",
        read=_one_of("auto", "full", "partial", "limits", "none"),
    ),
    Setting(
        name="PREVIEW_LOG_LEVEL",
        field="log_level",
        default="info",
        unit="",
        meaning="Lowest level that is logged: debug, info, warning or error.",
        read=_one_of("debug", "info", "warning", "error"),
    ),
    Setting(
        name="PREVIEW_LOG_FORMAT",
        field="log_format",
        default="auto",
        unit="",
        meaning="json, console, or auto: console on a terminal.",
        read=_one_of("auto", "json", "console"),
    ),
)


def load_settings(environ: Mapping[str, str]) -> tuple[Settings, tuple[str, ...]]:
    """Settings from the environment, and warnings about names nobody reads.

    A secret may also be given as ``<NAME>_FILE``, the path of a file that holds it.

    Raises:
        ConfigurationError: Any value is wrong; the sentence names all of them (permanent).
    """
    values: dict[str, Any] = {}
    faults = []
    for setting in TABLE:
        try:
            values[setting.field] = setting.read(_text(setting, environ))
        except ValueError as error:
            shown = "(secret)" if setting.secret else repr(environ.get(setting.name, ""))
            faults.append(f"{setting.name}={shown} must be {error}")
        except OSError as error:
            faults.append(f"{setting.name}_FILE can't be read: {error.strerror or error}")
    if faults:
        raise ConfigurationError("; ".join(faults) + ".")
    return Settings(**values), _unknown(environ)


def mask_url(url: str) -> str:
    """A Redis URL without user, password and query, which may hold them too."""
    address, query, _ = url.partition("?")
    scheme, separator, rest = address.partition("://")
    _, at, place = rest.rpartition("@")
    return f"{scheme}{separator}{'***@' if at else ''}{place}{'?***' if query else ''}"


def _text(setting: Setting, environ: Mapping[str, str]) -> str:
    file = environ.get(f"{setting.name}_FILE", "") if setting.secret else ""
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except UnicodeDecodeError:
            raise ValueError(f"UTF-8 text in the file that {setting.name}_FILE names") from None
    return environ.get(setting.name) or setting.default


def _unknown(environ: Mapping[str, str]) -> tuple[str, ...]:
    names = {setting.name for setting in TABLE} | {f"{setting.name}_FILE" for setting in TABLE if setting.secret}
    warnings = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in names:
            close = get_close_matches(name, sorted(names), n=1)
            warnings.append(f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else "."))
    return tuple(warnings)
