from __future__ import annotations

from pathlib import Path

import pytest

from preview_worker.config.settings import TABLE, load_settings, mask_url
from preview_worker.errors import ConfigurationError


def loaded(**environ):
    return load_settings(environ)[0]


def test_the_seeds_defaults_hold_when_nothing_is_set():
    settings, warnings = load_settings({})
    assert (settings.queue_name, settings.concurrency, settings.queue_max) == ("preview-jobs", 2, 20)
    assert (settings.redis_url, settings.port, settings.host) == (None, 5001, "127.0.0.1")
    assert (settings.data_dir, settings.asset_hosts, warnings) == (Path("data").resolve(), frozenset(), ())


def test_values_are_read_when_they_are_set(tmp_path):
    settings = loaded(
        DATA_DIR=str(tmp_path),
        PREVIEW_WORKER_CONCURRENCY="0",
        PREVIEW_ASSET_HOSTS=" A.example ,b.example,",
        PREVIEW_LOG_LEVEL="DEBUG",
    )
    assert (settings.data_dir, settings.concurrency, settings.log_level) == (tmp_path, 0, "debug")
    assert settings.asset_hosts == {"a.example", "b.example"}


def test_every_fault_is_told_at_once_when_several_values_are_wrong():
    wrong = {
        "PREVIEW_QUEUE_MAX": "0",
        "PREVIEW_PORT": "²",
        "PREVIEW_QUEUE_NAME": "a:b",
        "PREVIEW_ASSET_HOSTS": "https://x",
        "REDIS_URL": "http://user:hunter2@host",
        "DATA_DIR": "~nobody-here/x",
        "PREVIEW_LOG_LEVEL": "loud",
        "PREVIEW_SANDBOX": "castle",
        "PREVIEW_REDIS_ASSUME": "allkeys-lru",
    }
    with pytest.raises(ConfigurationError) as raised:
        load_settings(wrong)
    assert all(name in raised.value.sentence for name in wrong)
    assert "a whole number from 1 to 100000" in raised.value.sentence
    assert "hunter2" not in raised.value.sentence


@pytest.mark.parametrize("text", ["1.5", "1e3", " 1", "1_0", "", "-", "9" * 5000])
def test_a_number_is_refused_when_it_is_no_plain_whole_number(text):
    if not text:
        assert loaded(PREVIEW_QUEUE_MAX=text).queue_max == 20  # empty counts as unset
        return
    with pytest.raises(ConfigurationError, match="a whole number"):
        load_settings({"PREVIEW_QUEUE_MAX": text})


def test_an_unknown_name_is_warned_about_with_a_guess_when_one_is_close():
    _, warnings = load_settings({"PREVIEW_QUEUE_MAXX": "1", "PREVIEW_ZZZZZZZZZZZZZZZ": "1", "OTHER": "1"})
    assert warnings == (
        "PREVIEW_QUEUE_MAXX is not a setting; did you mean PREVIEW_QUEUE_MAX?",
        "PREVIEW_ZZZZZZZZZZZZZZZ is not a setting.",
    )


def test_a_secret_is_read_from_a_file_when_one_is_named(tmp_path):
    (tmp_path / "url").write_text("redis://:hunter2@host\n")
    settings, warnings = load_settings({"REDIS_URL_FILE": str(tmp_path / "url")})
    assert (settings.redis_url, warnings) == ("redis://:hunter2@host", ())


def test_a_secrets_file_is_named_when_it_can_not_be_read(tmp_path):
    with pytest.raises(ConfigurationError, match="REDIS_URL_FILE can't be read: No such file"):
        load_settings({"REDIS_URL_FILE": str(tmp_path / "absent")})
    (tmp_path / "url").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        load_settings({"REDIS_URL_FILE": str(tmp_path / "url")})


@pytest.mark.parametrize(
    "url", ["redis://user:hunter2@host:1/0", "rediss://:hunter2@host", "unix:///s?password=hunter2"]
)
def test_secrets_do_not_show_when_settings_are_printed(url):
    shown = repr(loaded(REDIS_URL=url))
    assert "hunter2" not in shown
    assert "***" in shown
    assert "queue_name='preview-jobs'" in shown


def test_a_url_is_shown_as_it_is_when_it_holds_no_secret():
    assert mask_url("redis://host:6379/0") == "redis://host:6379/0"


def test_every_setting_says_what_it_means_and_fills_one_field():
    assert len({row.field for row in TABLE}) == len({row.name for row in TABLE}) == len(TABLE)
    assert all(row.meaning.endswith(".") for row in TABLE)
