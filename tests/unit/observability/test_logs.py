from __future__ import annotations

import io
import json
import sys

import pytest
import structlog

from preview_worker.observability.logs import LONGEST_VALUE, clean, configure_logs, logger, mask_secrets

SECRETS = (
    "redis://user:hunter2@host/0",
    "Bearer hunter2",
    "key pvw_hunter2hunter2",
    "unix:///s?password=hunter2&x=1",
)


@pytest.fixture
def stream(monkeypatch):
    """Configured logs, written into memory."""
    memory = io.StringIO()
    monkeypatch.setattr(sys, "stderr", memory)
    configure_logs("info", "json")
    yield memory
    structlog.reset_defaults()


@pytest.fixture
def written(stream):
    """Log as the service does; returns what one call wrote, parsed."""

    def write(event, **fields):
        logger("test").info(event, **fields)
        return json.loads(stream.getvalue())

    return write


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_masked_wherever_it_stands(written, secret):
    entry = written("x", url=secret, nested={"deep": [secret]}, error=ValueError(secret))
    assert "hunter2" not in json.dumps(entry)
    assert entry["component"] == "test"
    assert entry["url"].count("***") == 1


@pytest.mark.parametrize("name", ["password", "apiKey", "api_key", "x-mobius-api-key", "lock_token", "Authorization"])
def test_a_value_is_masked_when_its_name_says_secret(name):
    assert mask_secrets(None, "info", {name: 7, "outer": {name: ["x"]}}) == {name: "***", "outer": {name: "***"}}


def test_a_trace_is_logged_without_secrets_when_an_error_is(written):
    with pytest.raises(RuntimeError) as raised:
        _fail(f"can't reach {SECRETS[0]}")
    entry = written("broken", exc_info=raised.value)
    assert "RuntimeError: can't reach redis://***@host/0" in entry["exception"]
    assert "hunter2" not in json.dumps(entry)


def _fail(sentence):
    raise RuntimeError(sentence)


def test_control_characters_are_replaced_and_long_values_cut():
    assert clean("a\x1b[31mb\rc\x00") == "a\ufffd[31mb\ufffdc\ufffd"
    assert len(clean("x" * 5000)) == LONGEST_VALUE


def test_plain_values_stay_what_they_are(written):
    entry = written("x", count=3, ratio=0.5, none=None, flag=True, items=("a", 1))
    assert [entry[name] for name in ("count", "ratio", "none", "flag", "items")] == [3, 0.5, None, True, ["a", 1]]


def test_events_below_the_level_are_not_written(stream):
    logger("test").debug("quiet")
    logger("test").warning("loud")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]
