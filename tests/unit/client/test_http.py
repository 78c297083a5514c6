from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from preview_worker.client.http import AnsweredError, NotInTimeError, PreviewClient
from preview_worker.errors import ConfigurationError, InvalidPayloadError, QueueUnavailableError


class Script:
    """What the server says next: (status, body) in turn, the last for ever; and the paths it was asked for."""

    def __init__(self):
        self.asked, self.left = [], []

    def begin(self, *answers):
        self.asked, self.left = [], list(answers)

    def next(self, path):
        self.asked.append(path)
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


@contextmanager
def serving(script):
    """Yield the URL of a server that follows a script."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("content-length", 0)))
            status, body = script.next(self.path)
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
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def script():
    return Script()


@pytest.fixture(scope="module")
def url(script):
    with serving(script) as found:
        yield found


@pytest.fixture(scope="module")
def shared_client(url):
    """One for all tests: each new one reads the certificates of the world, for 50 ms."""
    with PreviewClient(url) as client:
        yield client


@pytest.fixture
def answering(script, shared_client):
    """Tell the server what to answer; gives the client, and the list of paths that will have been asked for."""

    def begin(*answers):
        script.begin(*answers)
        return shared_client, script.asked

    return begin


def test_a_job_is_waited_for_until_it_ends(answering):
    states = [(200, {"status": state}) for state in ("queued", "active", "completed")]
    told = []
    client, asked = answering(*states)
    last = client.wait("moon", deadline_s=10, on_status=told.append)
    assert last == {"status": "completed"}
    assert [status["status"] for status in told] == ["queued", "active", "completed"]
    assert set(asked) == {"/api/preview/job/moon/status"}


def test_waiting_ends_when_the_job_does_not_in_time(answering):
    client, _ = answering((200, {"status": "active"}))
    with pytest.raises(NotInTimeError):
        client.wait("moon", deadline_s=0.05)


def test_an_id_stays_one_part_of_the_path_when_it_holds_slashes(answering):
    client, asked = answering((200, {"status": "queued"}))
    client.status("../x?y")
    assert asked == ["/api/preview/job/..%2Fx%3Fy/status"]


def test_an_approval_is_posted_to_its_job(answering):
    client, asked = answering((200, {"jobId": "moon", "note": "Good"}))
    assert client.approve("moon", note="Good", by="Ada") == {"jobId": "moon", "note": "Good"}
    assert asked == ["/api/preview/job/moon/approve"]


def test_every_error_is_told_when_the_payload_is_refused(answering):
    problem = {"detail": "2 errors", "code": "invalid-payload"}
    problem["errors"] = [{"pointer": "/a", "message": "a is wrong"}, {"pointer": "/b", "message": "b is wrong"}]
    client, _ = answering((422, problem))
    with pytest.raises(InvalidPayloadError) as raised:
        client.submit({})
    assert raised.value.sentence == "2 errors\n - /a: a is wrong\n - /b: b is wrong"


def test_a_refusal_carries_the_services_words_and_code(answering):
    client, _ = answering((409, {"detail": "Taken.", "code": "job-id-conflict"}))
    with pytest.raises(AnsweredError) as raised:
        client.submit({})
    assert (raised.value.sentence, raised.value.code) == ("Taken.", "job-id-conflict")


@pytest.mark.parametrize("answer", [(200, b"<html>"), (404, b"<html>"), (200, []), (500, b"")])
def test_another_kind_of_server_is_told_from_a_service(answering, answer):
    client, _ = answering(answer)
    for ask in (client.health, lambda: client.status("moon")):
        with pytest.raises(AnsweredError, match="not a preview service"):
            ask()


def test_health_is_a_document_even_when_the_service_is_unhealthy(answering):
    client, _ = answering((503, {"status": "unhealthy"}))
    assert client.health() == {"status": "unhealthy"}
    answering((404, {"status": 404, "detail": "No.", "code": "not-found"}))
    with pytest.raises(AnsweredError, match="No"):
        client.health()


def test_a_download_is_whole_or_not_there(answering, tmp_path):
    client, _ = answering((200, b"video"))
    client.download("/file", tmp_path / "preview.mp4")
    with pytest.raises(FileNotFoundError):
        client.download("/file", tmp_path / "absent" / "preview.mp4")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("preview.mp4", b"video")]
    answering((410, {"detail": "Gone.", "code": "job-expired"}))
    with pytest.raises(AnsweredError, match="Gone"):
        client.download("/file", tmp_path / "other.mp4")
    assert not (tmp_path / "other.mp4").exists()


def test_the_service_is_unavailable_when_nobody_listens():
    with PreviewClient("http://127.0.0.1:1") as client, pytest.raises(QueueUnavailableError) as raised:
        client.health()
    assert "preview-worker up" in raised.value.hint


def test_a_url_is_refused_when_it_is_none():
    with pytest.raises(ConfigurationError):
        PreviewClient("http://host:port")


def test_the_environments_proxy_is_not_asked(monkeypatch, script, url):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    script.begin((200, {"status": "healthy"}))
    with PreviewClient(url) as client:
        assert client.health() == {"status": "healthy"}
