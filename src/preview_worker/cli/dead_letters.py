"""`preview-worker dead-letters`: jobs that failed for good are looked at, run again, exported or removed."""

from __future__ import annotations

import asyncio
import getpass
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from preview_worker.cli.exits import JOB_FAILED
from preview_worker.cli.settings import read_settings

if TYPE_CHECKING:
    from preview_worker.bootstrap.dead_letters import LetterDesk
    from preview_worker.queue.dead_letters import DeadLetter, LetterWish

_Result = TypeVar("_Result")
_SHOWN = 50
_DAY_MS = 86_400_000


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say which letters are meant."""
    options = (
        click.option("--code", help="Those that failed with this code."),
        click.option("--project", metavar="ID", help="Those of a project."),
        click.option("--older-than", type=click.FloatRange(0), metavar="DAYS", help="Those that failed before that."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group("dead-letters")
def dead_letters() -> None:
    """Jobs that failed for good: list, show, replay, export or purge them, on the Redis of the settings."""


@dead_letters.command("list")
@_filters
@click.option("--limit", type=click.IntRange(1), default=_SHOWN, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print whole letters as JSON.")
def list_letters(code: str | None, project: str | None, older_than: float | None, limit: int, as_json: bool) -> None:
    """List dead letters, the newest first."""
    found = _run(lambda desk: desk.matching(_wish((), code, project, older_than)))
    if as_json:
        click.echo(json.dumps([_members(letter) for letter in found[:limit]], indent=2))
        return
    for letter in found[:limit]:
        whose = f"{_clock(letter.failed_at_ms)}  {letter.letter_id}  {letter.project_id}"
        click.echo(f"{whose}  {letter.code}: {letter.sentence}")
    left = len(found) - limit
    click.echo(f"{len(found)} dead letters" + (f"; {left} more with --limit" if left > 0 else ""), err=True)


@dead_letters.command()
@click.argument("letter_id", metavar="LETTER|JOB")
@click.option("--payload", is_flag=True, help="Print the payload alone, to be mended and posted under a new jobId.")
def show(letter_id: str, payload: bool) -> None:
    """Show one dead letter: why the job failed, where, its log's end and its payload."""
    found = _run(lambda desk: desk.matching(_wish((letter_id,))))
    if not found:
        click.echo(f"There is no dead letter {letter_id}.", err=True)
        raise click.exceptions.Exit(JOB_FAILED)
    click.echo(json.dumps(found[0].payload if payload else _members(found[0]), indent=2, ensure_ascii=False))


@dead_letters.command()
@click.argument("letters", nargs=-1, metavar="[LETTER|JOB]…")
@_filters
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), metavar="N", help="At most so many a second.")
@click.option("--dry-run", is_flag=True, help="Tell what would be replayed, and replay nothing.")
def replay(
    letters: Sequence[str],
    code: str | None,
    project: str | None,
    older_than: float | None,
    everything: bool,
    rate: float | None,
    dry_run: bool,
) -> None:
    """Run failed jobs again, the oldest first: the same jobs, a generation later, with their files as they are now."""
    from preview_worker.queue.port import Admitted

    wish = _narrowed(letters, code, project, older_than, everything=everything)
    results: list[bool] = []

    def told(letter: DeadLetter, answer: object) -> None:
        results.append(isinstance(answer, Admitted))
        _tell_replayed(letter, answer)

    async def work(desk: LetterDesk) -> int:
        found = await desk.matching(wish)
        if dry_run:
            for letter in reversed(found):
                click.echo(f"{letter.letter_id}: would run again ({letter.code})")
            return len(found)
        return await desk.replay(found, by=_login_name(), per_s=rate, told=told)

    count = _run(work)
    click.echo(f"{count} {'would run' if dry_run else 'run'} again", err=True)
    if not all(results):
        raise click.exceptions.Exit(JOB_FAILED)


@dead_letters.command()
@click.argument("letters", nargs=-1, metavar="[LETTER|JOB]…")
@_filters
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def purge(
    letters: Sequence[str],
    code: str | None,
    project: str | None,
    older_than: float | None,
    everything: bool,
    yes: bool,
) -> None:
    """Remove dead letters for good; their jobs stay failed."""
    wish = _narrowed(letters, code, project, older_than, everything=everything)
    found = _run(lambda desk: desk.matching(wish))
    if found and not yes:
        click.confirm(f"Remove {len(found)} dead letters for good?", abort=True, err=True)
    count = _run(lambda desk: desk.purge(found, by=_login_name())) if found else 0
    click.echo(f"{count} removed", err=True)


@dead_letters.command()
@click.argument("file", type=click.File("w", encoding="utf-8", atomic=True), metavar="FILE|-")
@_filters
def export(file: Any, code: str | None, project: str | None, older_than: float | None) -> None:
    """Write dead letters to a file, one JSON object a line, the newest first."""
    found = _run(lambda desk: desk.matching(_wish((), code, project, older_than)))
    for letter in found:
        file.write(json.dumps(_members(letter), ensure_ascii=False) + "\n")
    click.echo(f"{len(found)} written", err=True)


@dead_letters.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=_SHOWN, show_default=True, help="At most so many.")
def audit(limit: int) -> None:
    """List who replayed or purged what, the newest first."""
    for entry in _run(lambda desk: desk.replays.audit(limit)):
        click.echo(f"{_clock(entry.at_ms)}  {entry.action}  {entry.letter_id}  {entry.by}")


def _tell_replayed(letter: DeadLetter, answer: object) -> None:
    from preview_worker.queue.port import Admitted, MemoryLow, Refused

    match answer:
        case Admitted():
            click.echo(f"{letter.letter_id}: runs again, position {answer.position}")
        case Refused():
            click.echo(f"{letter.letter_id}: the queue is full; it and those after it stay", err=True)
        case MemoryLow():
            click.echo(f"{letter.letter_id}: Redis is short of memory; it and those after it stay", err=True)
        case _:
            click.echo(f"{letter.letter_id}: {_WHY[str(answer)]}", err=True)


_WHY = {
    "gone": "it was replayed or removed meanwhile",
    "newer": "its job has been replayed since",
    "busy": "a job of this id waits or runs",
    "reserved": "its id is a name that the queue uses for itself; post its payload under another",
}


def _run(work: Callable[[LetterDesk], Awaitable[_Result]]) -> _Result:
    from preview_worker.bootstrap.dead_letters import open_dead_letters

    async def opened() -> _Result:
        async with open_dead_letters(read_settings()) as desk:
            return await work(desk)

    return asyncio.run(opened())


def _wish(
    letters: Sequence[str], code: str | None = None, project: str | None = None, older_than: float | None = None
) -> LetterWish:
    from preview_worker.queue.dead_letters import LetterWish

    before_ms = round(time.time() * 1000 - older_than * _DAY_MS) if older_than is not None else None
    return LetterWish(ids=frozenset(letters), code=code, project_id=project, before_ms=before_ms)


def _narrowed(
    letters: Sequence[str], code: str | None, project: str | None, older_than: float | None, *, everything: bool
) -> LetterWish:
    """The wish; nothing at all is no wish for everything."""
    narrowed = bool(letters) or any(option is not None for option in (code, project, older_than))
    if narrowed == everything:
        raise click.UsageError("Name letters, or narrow them with --code, --project or --older-than, or say --all.")
    return _wish(letters, code, project, older_than)


def _members(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.letter_id,
        "jobId": letter.job_id,
        "projectId": letter.project_id,
        "requestId": letter.request_id,
        "generation": letter.generation,
        "code": letter.code,
        "sentence": letter.sentence,
        "pointer": letter.pointer,
        "stepId": letter.step_id,
        "attempts": letter.attempts,
        "crashes": letter.crashes,
        "stalls": letter.stalls,
        "failedAt": letter.failed_at_ms,
        "version": letter.version,
        "logTail": list(letter.log_tail),
        "payload": letter.payload,
    }


def _clock(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
