"""`preview-worker schema`: the JSON Schemas and the field reference, generated from the models."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from preview_worker.cli.exits import INVALID, UNREADABLE
from preview_worker.contract.reference import DOCUMENT, with_reference
from preview_worker.contract.schema import schema_text, schemas

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("name", required=False)
@click.option("--write", "schema_folder", metavar="DIR", type=_FOLDER, help="Write every schema into a folder.")
@click.option("--write-docs", "docs_folder", metavar="DIR", type=_FOLDER, help="Renew the generated parts of docs.")
def schema(name: str | None, schema_folder: Path | None, docs_folder: Path | None) -> None:
    """Show the schema NAME (such as preview-job), or list the names.

    Exit codes: 0 done, 2 no such schema, 3 a folder or document can't be read or written.
    """
    try:
        if schema_folder is not None:
            _write_schemas(schema_folder)
        if docs_folder is not None:
            _write_docs(docs_folder)
    except (OSError, ValueError) as error:
        click.echo(f"Not written: {error}", err=True)
        sys.exit(UNREADABLE)
    if name is not None:
        _show(name)
    elif schema_folder is None and docs_folder is None:
        click.echo("\n".join(_short(file) for file in schemas()))


def _short(file: str) -> str:
    return file.removesuffix(".schema.json")


def _show(name: str) -> None:
    by_name = {_short(file): content for file, content in schemas().items()}
    content = by_name.get(_short(name))
    if content is None:
        click.echo(f"There is no schema {name}; there are {', '.join(by_name)}.", err=True)
        sys.exit(INVALID)
    click.echo(schema_text(content), nl=False)


def _write_schemas(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in schemas().items():
        (folder / file).write_text(schema_text(content), "utf-8", newline="\n")
        click.echo(f"wrote {folder / file}", err=True)


def _write_docs(folder: Path) -> None:
    path = folder / DOCUMENT
    path.write_text(with_reference(path.read_text("utf-8")), "utf-8", newline="\n")
    click.echo(f"wrote {path}", err=True)
