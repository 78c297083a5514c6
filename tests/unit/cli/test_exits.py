"""Errors as exit codes."""

from __future__ import annotations

import pytest

from preview_worker import errors
from preview_worker.cli.exits import exit_code_of


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.TooLongError("x"), 2),
        (errors.InvalidPayloadError("x", code="unknown-step"), 2),
        (errors.UnreadablePayloadError("x"), 3),
        (errors.AssetError("x"), 1),
        (errors.RenderCrashError("x"), 1),
    ],
)
def test_an_error_exits_with_the_code_of_its_kind(error, code):
    assert exit_code_of(error) == code


@pytest.mark.parametrize(
    ("name", "code"), [("too-long", 2), ("invalid-payload", 2), ("asset-undecodable", 1), ("internal", 1)]
)
def test_an_error_exits_by_its_code_when_a_render_process_told_of_it(name, code):
    assert exit_code_of(errors.PermanentError("x", code=name)) == code
