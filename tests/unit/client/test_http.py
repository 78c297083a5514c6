from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from preview_worker.client.http import AnsweredError, NotInTimeError, PreviewClient
from preview_worker.errors import ConfigurationError, InvalidPayloadError, QueueUnavailableError


@contextmanager
def answering(*answers):
    """A client of a server that gives these (status, body) in turn, the last for ever; and the paths asked for."""
    asked, left = [], list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.rfile.read(int(self.headers.get("content-length", 0)))
            status, body = left.pop(0) if len(left) > 1 else left[0]
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with PreviewClient(f"http://127.0.0.1:{server.server_port}/") as client:
                yield client, asked
        finally:
            server.shutdown()
            thread.join()


def test_a_job_is_waited_for_until_it_ends():
    states = [(200, {"status": state}) for state in ("queued", "active", "completed")]
    told = []
    with answering(*states) as (client, asked):
        last = client.wait("moon", deadline_s=10, on_status=told.append)
    assert last == {"status": "completed"}
    assert [status["status"] for status in told] == ["queued", "active", "completed"]
    assert set(asked) == {"/api/preview/job/moon/status"}


def test_waiting_ends_when_the_job_does_not_in_time():
    with answering((200, {"status": "active"})) as (client, _), pytest.raises(NotInTimeError):
        client.wait("moon", deadline_s=0.05)


def test_an_id_stays_one_part_of_the_path_when_it_holds_slashes():
    with answering((200, {"status": "queued"})) as (client, asked):
        client.status("../x?y")
    assert asked == ["/api/preview/job/..%2Fx%3Fy/status"]


def test_every_error_is_told_when_the_payload_is_refused():
    problem = {"detail": "2 errors", "code": "invalid-payload"}
    problem["errors"] = [{"pointer": "/a", "message": "a is wrong"}, {"pointer": "/b", "message": "b is wrong"}]
    with answering((422, problem)) as (client, _), pytest.raises(InvalidPayloadError) as raised:
        client.submit({})
    assert raised.value.sentence == "2 errors\n - /a: a is wrong\n - /b: b is wrong"


def test_a_refusal_carries_the_services_words_and_code():
    with (
        answering((409, {"detail": "Taken.", "code": "job-id-conflict"})) as (client, _),
        pytest.raises(AnsweredError) as raised,
    ):
        client.submit({})
    assert (raised.value.sentence, raised.value.code) == ("Taken.", "job-id-conflict")


@pytest.mark.parametrize("answer", [(200, b"<html>"), (404, b"<html>"), (200, []), (500, b"")])
def test_another_kind_of_server_is_told_from_a_service(answer):
    with answering(answer) as (client, _):
        for ask in (client.health, lambda: client.status("moon")):
            with pytest.raises(AnsweredError, match="not a preview service"):
                ask()


def test_health_is_a_document_even_when_the_service_is_unhealthy():
    with answering((503, {"status": "unhealthy"})) as (client, _):
        assert client.health() == {"status": "unhealthy"}
    with (
        answering((404, {"status": 404, "detail": "No.", "code": "not-found"})) as (client, _),
        pytest.raises(AnsweredError, match="No"),
    ):
        client.health()


def test_a_download_is_whole_or_not_there(tmp_path):
    with answering((200, b"video")) as (client, _):
        client.download("/file", tmp_path / "preview.mp4")
        with pytest.raises(FileNotFoundError):
            client.download("/file", tmp_path / "absent" / "preview.mp4")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("preview.mp4", b"video")]
    with (
        answering((410, {"detail": "Gone.", "code": "job-expired"})) as (client, _),
        pytest.raises(AnsweredError, match="Gone"),
    ):
        client.download("/file", tmp_path / "other.mp4")
    assert not (tmp_path / "other.mp4").exists()


def test_the_service_is_unavailable_when_nobody_listens():
    with PreviewClient("http://127.0.0.1:1") as client, pytest.raises(QueueUnavailableError) as raised:
        client.health()
    assert "preview-worker up" in raised.value.hint


def test_a_url_is_refused_when_it_is_none():
    with pytest.raises(ConfigurationError):
        PreviewClient("http://host:port")


def test_the_environments_proxy_is_not_asked(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with answering((200, {"status": "healthy"})) as (client, _):
        assert client.health() == {"status": "healthy"}
