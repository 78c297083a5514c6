"""Every setting in one typed table: name, default, unit, meaning, limits. The documentation is generated from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from preview_worker.config.setting import (
    Setting,
    address,
    hosts,
    one_of,
    optional_path,
    path,
    plain_name,
    prefix,
    redis_url,
    whole,
)
from preview_worker.config.storage_settings import STORAGE
from preview_worker.errors import ConfigurationError
from preview_worker.sandbox.levels import WantedSandbox
from preview_worker.storage.retention import Keeping
from preview_worker.storage.watermarks import Watermark

PREFIX = "PREVIEW_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The service's settings; secrets don't show in `repr`."""

    redis_url: str | None
    queue_name: str
    queue_prefix: str
    concurrency: int
    redis_assume: Literal["nothing", "noeviction"]
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
    retention_plans_days: int
    retention_failed_days: int
    retention_keeps: Keeping
    caches_bytes: int
    scrub_bps: int
    cache_bytes: int
    disk_cleaning: Watermark
    disk_admission: Watermark
    disk_fetching: Watermark
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


_GIB = 1024**3
TABLE: tuple[Setting, ...] = (
    Setting(
        name="REDIS_URL",
        field="redis_url",
        default="",
        unit="URL",
        meaning="Redis or Valkey. Empty: the embedded server of this DATA_DIR if one answers, "
        "else redis://127.0.0.1:6379.",
        read=redis_url,
        secret=True,
    ),
    Setting(
        name="PREVIEW_REDIS_ASSUME",
        field="redis_assume",
        default="nothing",
        unit="",
        meaning="noeviction: you know that to be the eviction policy of a server that doesn't let it be read, "
        "as some hosted ones don't; health complains no more.",
        read=one_of("nothing", "noeviction"),
    ),
    Setting(
        name="PREVIEW_QUEUE_NAME",
        field="queue_name",
        default="preview-jobs",
        unit="",
        meaning="Name of the BullMQ queue.",
        read=plain_name,
    ),
    Setting(
        name="PREVIEW_QUEUE_PREFIX",
        field="queue_prefix",
        default="bull",
        unit="",
        meaning="Prefix of every key in Redis; BullMQ's default is bull.",
        read=prefix,
    ),
    Setting(
        name="PREVIEW_WORKER_CONCURRENCY",
        field="concurrency",
        default="2",
        unit="jobs",
        meaning="Jobs one worker renders at once; 0 takes none.",
        read=whole(0, 64),
    ),
    Setting(
        name="PREVIEW_QUEUE_MAX",
        field="queue_max",
        default="20",
        unit="jobs",
        meaning="Most jobs that may wait (waiting, prioritised and delayed); more are refused with 429.",
        read=whole(1, 100_000),
    ),
    Setting(
        name="PREVIEW_DLQ_MAX",
        field="dead_letters_max",
        default="1000",
        unit="letters",
        meaning="Most dead letters in Redis, and 64 MiB of them; older ones become files of DATA_DIR/dead-letters.",
        read=whole(1, 100_000),
    ),
    Setting(
        name="DATA_DIR",
        field="data_dir",
        default="./data",
        unit="folder",
        meaning="Previews, assets, caches and the embedded server's files.",
        read=path,
    ),
    Setting(
        name="PREVIEW_HOST",
        field="host",
        default="127.0.0.1",
        unit="address",
        meaning="Address the API listens on.",
        read=address,
    ),
    Setting(
        name="PREVIEW_PORT",
        field="port",
        default="5001",
        unit="port",
        meaning="Port of the API; 0 takes a free one.",
        read=whole(0, 65535),
    ),
    Setting(
        name="PREVIEW_PROBE_PORT",
        field="probe_port",
        default="3000",
        unit="port",
        meaning="Port of the worker's probes and metrics on loopback; 0 takes a free one.",
        read=whole(0, 65535),
    ),
    Setting(
        name="PREVIEW_MAX_DURATION_S",
        field="max_duration_s",
        default="1800",
        unit="s",
        meaning="Longest video that is rendered.",
        read=whole(1, 24 * 3600),
    ),
    Setting(
        name="PREVIEW_JOB_TIMEOUT_S",
        field="job_timeout_s",
        default="600",
        unit="s",
        meaning="Longest time one run of a job may take.",
        read=whole(10, 24 * 3600),
    ),
    Setting(
        name="PREVIEW_DRAIN_S",
        field="drain_s",
        default="25",
        unit="s",
        meaning="How long a stopping worker lets running jobs finish before it hands them back.",
        read=whole(0, 3600),
    ),
    *STORAGE,
    Setting(
        name="PREVIEW_ASSET_HOSTS",
        field="asset_hosts",
        default="",
        unit="hosts",
        meaning="Hosts that https assets may come from, separated by commas.",
        read=hosts,
    ),
    Setting(
        name="PREVIEW_FONTS_DIR",
        field="fonts_dir",
        default="",
        unit="folder",
        meaning="Fonts to use where Inter and Noto Sans lack a character.",
        read=optional_path,
    ),
    Setting(
        name="PREVIEW_VOICE",
        field="voice",
        default="auto",
        unit="",
        meaning="auto: the draft voice speaks steps without a recording, where the extra `voice` is installed; none.",
        read=one_of("auto", "none"),
    ),
    Setting(
        name="PREVIEW_RENDER_MEMORY_BYTES",
        field="render_memory_bytes",
        default=str(_GIB),
        unit="bytes",
        meaning="Resident memory at which a render process is ended.",
        read=whole(200 * 1024**2, 1 << 40),
    ),
    Setting(
        name="PREVIEW_SANDBOX",
        field="sandbox",
        default="auto",
        unit="",
        meaning="What must keep render processes in, or no work begins: full, partial or limits (docs/sandbox.md); "
        "auto: the best that the system gives; none: nothing, to look for faults.",
        read=one_of("auto", "full", "partial", "limits", "none"),
    ),
    Setting(
        name="PREVIEW_LOG_LEVEL",
        field="log_level",
        default="info",
        unit="",
        meaning="Lowest level that is logged: debug, info, warning or error.",
        read=one_of("debug", "info", "warning", "error"),
    ),
    Setting(
        name="PREVIEW_LOG_FORMAT",
        field="log_format",
        default="auto",
        unit="",
        meaning="json, console, or auto: console on a terminal.",
        read=one_of("auto", "json", "console"),
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
