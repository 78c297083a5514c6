"""`preview-worker import-storyboard`: the tutorial formats that Mobius writes, turned into payloads."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from preview_worker.bridges import Imported, Nearby, Remark, TutorialFormat, import_tutorial
from preview_worker.bridges.recognition import NAMES
from preview_worker.cli.exits import UNREADABLE
from preview_worker.cli.payloads import readable_document
from preview_worker.cli.settings import read_settings
from preview_worker.contract.document import PAYLOAD_MAX_BYTES, Document
from preview_worker.contract.finding import visible
from preview_worker.contract.identifiers import identifier_fault, job_id_fault

NEARBY_FILES_MAX = 5000
NEARBY_DEPTH = 3
SHOWN_PLACES = 3
"""Places that are named where several have the same to say."""


@click.command("import-storyboard")
@click.argument("file", metavar="FILE|-")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the payload there.")
@click.option(
    "--format", "wished", type=click.Choice([*TutorialFormat]), help="Read FILE as this [what it looks like]."
)
@click.option("--language", help="Take the words in this language, where there are several, such as fr or fr-CA.")
@click.option("--project", help="The payload's projectId [the file's own].")
@click.option("--job-id", help="The payload's jobId [the file's own, or made of the project].")
@click.option("--bare", is_flag=True, help="Write the previewRequest alone.")
@click.option("--json", "as_json", is_flag=True, help="Write {payload, report} as JSON.")
def import_storyboard(
    file: str,
    output: Path | None,
    wished: str | None,
    language: str | None,
    project: str | None,
    job_id: str | None,
    bare: bool,
    as_json: bool,
) -> None:
    """Turn a storyboard, renderer configuration, slide list, reviewed script or chapters into a payload.

    The payload goes to stdout or OUTPUT; what could not be carried over is told on stderr. Pictures and recordings are
    looked for beside FILE, so keep the payload in the same folder.

    Exit codes: 0 imported, 2 none of the formats, 3 not readable or not writable.
    """
    _check_option("--project", project, identifier_fault)
    _check_option("--job-id", job_id, job_id_fault)
    _check_option("--language", language, _language_fault)
    document = readable_document(file)
    imported = import_tutorial(
        document.raw,
        format=None if wished is None else TutorialFormat(wished),
        language=language,
        project_id=project,
        job_id=job_id,
        nearby=Nearby() if file == "-" else Nearby(_files_beside(Path(file))),
        hosts=read_settings().asset_hosts,
    )
    content: Any = imported.payload["previewRequest"] if bare else imported.payload
    if as_json:
        content = {"payload": content, "report": _report(imported, document)}
    else:
        for line in _lines(imported, document):
            click.echo(line, err=True)
    _write(content, output)


def _check_option(name: str, value: str | None, fault_of: Callable[[str], str | None]) -> None:
    if value is not None and (fault := fault_of(value)) is not None:
        raise click.BadParameter(fault, param_hint=name)


def _language_fault(tag: str) -> str | None:
    known = re.fullmatch("[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}", tag)
    return None if known else "must be a language tag like en or fr-CA (BCP 47)"


def _files_beside(file: Path) -> Iterator[str]:
    """Paths of files in the file's folder and a few levels below it, relative to it; hidden ones are left out."""
    folder = file.resolve().parent
    count = 0
    for place, folders, names in os.walk(folder):
        below = Path(place).relative_to(folder)
        folders[:] = (
            sorted(name for name in folders if not name.startswith(".")) if len(below.parts) < NEARBY_DEPTH else []
        )
        for name in sorted(names):
            count += 1
            if count > NEARBY_FILES_MAX:
                return
            if not name.startswith("."):
                yield (below / name).as_posix()


def _report(imported: Imported, document: Document) -> dict[str, Any]:
    report = imported.report()
    for remark in report["remarks"]:
        remark["line"], remark["column"] = document.position(remark["pointer"])
    return report


def _lines(imported: Imported, document: Document) -> Iterator[str]:
    """The report as people read it: remarks that differ in the place alone are told once."""
    request = imported.payload["previewRequest"]
    yield (
        f"{document.name} is read as {NAMES[imported.format]}, language {imported.language}: "
        f"{len(request['steps'])} steps, {len(request['assets'])} assets."
    )
    for remarks in _alike(imported.remarks):
        yield f"  {_line(remarks, document)}"
    if imported.omitted:
        yield f"  {imported.omitted} more are not listed."
    if not imported.remarks:
        yield "  Everything is carried over."


def _alike(remarks: tuple[Remark, ...]) -> list[list[Remark]]:
    groups: dict[tuple[str, str, str], list[Remark]] = {}
    for remark in remarks:
        groups.setdefault((_pattern(remark), remark.outcome.value, remark.reason), []).append(remark)
    return list(groups.values())


def _pattern(remark: Remark) -> str:
    """The place with `*` for indices."""
    tokens = ["*" if isinstance(token, int) else visible(str(token)) for token in remark.place]
    return "".join(f"/{token}" for token in tokens)


def _line(remarks: list[Remark], document: Document) -> str:
    first = remarks[0]
    lines = dict.fromkeys(document.position(remark.pointer)[0] for remark in remarks)
    shown = ", ".join(str(line) for line in list(lines)[:SHOWN_PLACES]) + ("…" if len(lines) > SHOWN_PLACES else "")
    where = f"{'line' if len(lines) == 1 else 'lines'} {shown}"
    place = _pattern(first) if len(remarks) > 1 else visible(first.pointer)
    times = f" ({len(remarks)} ×)" if len(remarks) > 1 else ""
    value = f": {_value(first.value)}" if first.value is not None and len(remarks) == 1 else ""
    return f"{first.outcome.value:<8} {where:<12} {place or 'the file'}{times} {first.reason}{value}"


def _value(value: Any) -> str:
    return visible(value if isinstance(value, str) else json.dumps(value))


def _write(content: Any, output: Path | None) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    if len(text.encode()) > PAYLOAD_MAX_BYTES:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        click.echo(f"{output} can't be written: {error.strerror or error}.", err=True)
        raise click.exceptions.Exit(UNREADABLE) from error
