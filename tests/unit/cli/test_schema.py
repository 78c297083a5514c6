from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from preview_worker.cli.schema import schema
from preview_worker.contract.reference import BEGIN, DOCUMENT, END
from preview_worker.contract.schema import schemas


@pytest.fixture(scope="module")
def made():
    """What the models say, made once."""
    return schemas()


def test_schema_command_lists_the_names_when_none_is_given(made):
    result = CliRunner().invoke(schema)
    assert result.exit_code == 0
    assert "preview-job" in result.stdout.split()
    assert len(result.stdout.split()) == len(made)


def test_schema_command_shows_a_schema_when_it_is_named(made):
    result = CliRunner().invoke(schema, ["progress"])
    assert json.loads(result.stdout) == made["progress.schema.json"]


def test_schema_command_exits_2_when_the_name_is_unknown():
    result = CliRunner().invoke(schema, ["nonsense"])
    assert result.exit_code == 2
    assert "preview-job" in result.stderr


def test_schema_command_writes_every_file_when_given_a_folder(made, tmp_path):
    result = CliRunner().invoke(schema, ["--write", str(tmp_path / "new")])
    assert result.exit_code == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(made)


def test_schema_command_renews_the_reference_when_given_the_docs(tmp_path):
    (tmp_path / DOCUMENT).write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
    result = CliRunner().invoke(schema, ["--write-docs", str(tmp_path)])
    written = (tmp_path / DOCUMENT).read_text("utf-8")
    assert result.exit_code == 0
    assert written.startswith("before\n")
    assert written.endswith("\nafter\n")
    assert "`durationMs`" in written
    assert "old" not in written.split(BEGIN)[1].split()


def test_schema_command_exits_3_when_the_document_is_absent(tmp_path):
    assert CliRunner().invoke(schema, ["--write-docs", str(tmp_path)]).exit_code == 3
