"""The service's routes as Python calls: problems become exceptions that say what the service said."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import quote

import httpx2

from preview_worker.errors import (
    ConfigurationError,
    InvalidPayloadError,
    PermanentError,
    QueueUnavailableError,
    TransientError,
)

DEFAULT_URL = "http://127.0.0.1:5001"
TERMINAL = frozenset({"completed", "failed", "cancelled"})
_PREFIX = "/api/preview"
_TIMEOUT_S = 30.0
_FIRST_POLL_S = 0.1
_LONGEST_POLL_S = 1.0


class AnsweredError(PermanentError):
    """The service refused the request; `problem` is its problem+json document."""

    default_code = "refused"

    def __init__(self, sentence: str, *, code: str, problem: Mapping[str, Any]) -> None:
        super().__init__(sentence, code=code)
        self.problem = problem


class NotInTimeError(TransientError):
    """The job didn't end before the deadline; it goes on."""

    default_code = "not-in-time"


class PreviewClient:
    """Talks to one service; use it as a context manager.

    Args:
        url: Base URL of the service; kept as `url`.
    """

    def __init__(self, url: str = DEFAULT_URL) -> None:
        self.url = url.rstrip("/")
        try:
            # No proxy of the environment: the service is usually on this machine.
            self._http = httpx2.Client(base_url=self.url, timeout=_TIMEOUT_S, trust_env=False)
        except httpx2.InvalidURL as error:
            raise ConfigurationError(f"{url!r} is no URL of a service: {error}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.close()

    def submit(self, payload: Mapping[str, Any], *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Post a job; returns the service's answer (jobId, status, position, estimate, links).

        Args:
            payload: The job.
            idempotency_key: The caller's own name for this request; sent again, it brings the same answer, and the
                payload needs no jobId.
        """
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key is not None else {}
        return self._json("POST", f"{_PREFIX}/job", json=dict(payload), headers=headers)

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Cancel a job; returns its id and where it stands now (also for one that had ended)."""
        return self._json("POST", f"{_PREFIX}/job/{quote(job_id, safe='')}/cancel")

    def queue(self) -> dict[str, Any]:
        """How many jobs stand where, and whether the queue is paused."""
        return self._json("GET", f"{_PREFIX}/queue/metrics")

    def pause(self) -> dict[str, Any]:
        """Let workers take no further job; returns how many wait and run."""
        return self._json("POST", f"{_PREFIX}/queue/pause")

    def resume(self) -> dict[str, Any]:
        """Let workers take jobs again; returns how many wait and run."""
        return self._json("POST", f"{_PREFIX}/queue/resume")

    def status(self, job_id: str) -> dict[str, Any]:
        """A job's state."""
        return self._json("GET", f"{_PREFIX}/job/{quote(job_id, safe='')}/status")

    def artifact(self, job_id: str) -> dict[str, Any]:
        """A completed job's files."""
        return self._json("GET", f"{_PREFIX}/job/{quote(job_id, safe='')}/artifact")

    def approve(
        self, job_id: str, *, note: str | None = None, by: str | None = None, language: str | None = None
    ) -> dict[str, Any]:
        """Approve a completed preview: later ones of its chapter are compared with it; returns what is remembered.

        Args:
            job_id: The preview's job.
            note: What is said about it.
            by: Who approves it.
            language: The edition that is approved; None: all of the job's.
        """
        members = (("note", note), ("by", by), ("language", language))
        said = {name: value for name, value in members if value is not None}
        return self._json("POST", f"{_PREFIX}/job/{quote(job_id, safe='')}/approve", json=said)

    def health(self) -> dict[str, Any]:
        """How the service is; also when it is unhealthy."""
        with _translated():
            answer = self._http.get(f"{_PREFIX}/worker/health")
        document = _object(answer)
        if not isinstance(document.get("status"), str):  # a problem's status is a number
            _raise_problem(answer)
        return document

    def download(self, path: str, target: Path) -> None:
        """Write one file of a job, whole or not at all."""
        partial = target.with_name(f".{target.name}.part")
        with _translated(), self._http.stream("GET", path) as answer:
            if answer.is_error:
                answer.read()
                _raise_problem(answer)
            try:
                with partial.open("wb") as file:
                    for chunk in answer.iter_bytes():
                        file.write(chunk)
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)

    def wait(
        self, job_id: str, *, deadline_s: float, on_status: Callable[[dict[str, Any]], None] | None = None
    ) -> dict[str, Any]:
        """Poll a job until it ends; returns its last state.

        Raises:
            NotInTimeError: It hasn't ended within the deadline (retryable).
        """
        for status in self._states(job_id, deadline_s):
            if on_status is not None:
                on_status(status)
            if status["status"] in TERMINAL:
                return status
        raise NotInTimeError(f"Job {job_id} hasn't ended within {deadline_s:.0f} s.")

    def _states(self, job_id: str, deadline_s: float) -> Iterator[dict[str, Any]]:
        ends_s = time.monotonic() + deadline_s
        pause_s = _FIRST_POLL_S
        while time.monotonic() < ends_s:
            yield self.status(job_id)
            time.sleep(pause_s)
            pause_s = min(_LONGEST_POLL_S, pause_s * 1.1)

    def _json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        with _translated():
            answer = self._http.request(method, path, **options)
        if answer.is_error:
            _raise_problem(answer)
        return _object(answer)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise QueueUnavailableError(
            f"The service can't be reached: {error}.", hint="Start it with `preview-worker up`."
        ) from error


def _object(answer: httpx2.Response) -> dict[str, Any]:
    """The JSON object of an answer; something else speaks for another kind of server."""
    try:
        content = answer.json()
    except ValueError:
        content = None
    if isinstance(content, dict):
        return content
    sentence = f"What answers there ({answer.status_code}) is not a preview service; check the URL."
    raise AnsweredError(sentence, code="not-a-service", problem={})


def _raise_problem(answer: httpx2.Response) -> NoReturn:
    problem = _object(answer)
    detail = str(problem.get("detail") or f"The service answered {answer.status_code}.")
    code = str(problem.get("code") or "refused")
    if answer.status_code == 422:  # noqa: PLR2004 - the status of an invalid payload
        faults = problem.get("errors") or ()
        lines = "".join(f"\n - {fault.get('pointer', '')}: {fault.get('message', '')}" for fault in faults)
        raise InvalidPayloadError(f"{detail}{lines}", code=code)
    if answer.status_code == 503:  # noqa: PLR2004 - unavailable
        raise QueueUnavailableError(detail, code=code)
    raise AnsweredError(detail, code=code, problem=problem)
