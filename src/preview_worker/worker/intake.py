"""The first part of a run: is the payload valid, are its assets there, and is it the job its record names."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from preview_worker.assets.apart import NoThreadError, apart
from preview_worker.assets.identity import Identified, identify, refuse_absent
from preview_worker.assets.library import AssetLibrary
from preview_worker.contract import Container, Finding, PreviewJob, payload_digest, queued_id_fault, validate_job
from preview_worker.contract.editions import editions, length_errors_of
from preview_worker.errors import AssetError, InvalidPayloadError, JobConflictError, UnsupportedVersionError
from preview_worker.queue.delivery import Delivery
from preview_worker.render.frame import UNKNOWN_LANGUAGE
from preview_worker.state.records import JobRecord, JobRecords
from preview_worker.storage.places import Places
from preview_worker.storage.publications import Identity, Publications
from preview_worker.worker.holding import NotYet
from preview_worker.worker.patience import readable
from preview_worker.worker.speaking import Speaker


class NoThreadYet(NotYet):
    """No thread can be started."""

    event = "job-waits-for-thread"
    reason = "no thread can be started for it yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A job that may run, or one edition of it.

    Attributes:
        job: The job as read.
        warnings: What its validation warns about.
        identified: Its assets.
        whole: The job that this is an edition of; None: it is a job itself.
        number: Which edition it is.
    """

    job: PreviewJob
    warnings: tuple[Finding, ...]
    identified: Identified
    whole: PreviewJob | None = None
    number: int = 0

    @property
    def editions(self) -> tuple[Intake, ...]:
        """The job in each of its languages, its own first; a warning goes with the edition that it is about."""
        requests = editions(self.job.preview_request)
        if len(requests) == 1:
            return (self,)
        variants = [f"/previewRequest/variants/{index}/" for index in range(len(requests) - 1)]
        of_variant = [tuple(found for found in self.warnings if found.pointer.startswith(place)) for place in variants]
        own = tuple(found for found in self.warnings if not found.pointer.startswith(tuple(variants)))
        return tuple(
            replace(
                self,
                job=self.job.model_copy(update={"preview_request": request}),
                warnings=warnings,
                whole=self.job,
                number=number,
            )
            for number, (request, warnings) in enumerate(zip(requests, (own, *of_variant), strict=True))
        )

    def edition(self, language: str | None) -> Intake:
        """The job in one of its languages, compared without case; None: its own.

        Raises:
            InvalidPayloadError: It has no variant of that language (permanent, ``unknown-language``).
        """
        known = self.editions
        if language is None:
            return known[0]
        tags = [edition.job.preview_request.language for edition in known]
        found = next(
            (edition for tag, edition in zip(tags, known, strict=True) if tag.lower() == language.lower()), None
        )
        if found is None:
            raise InvalidPayloadError(
                f"The tutorial isn't in {language[:40]!r}; it is in {', '.join(tags)}.",
                code=UNKNOWN_LANGUAGE,
                hint="Name the request's language or that of a variant.",
            )
        return found


def read_job(payload: dict[str, Any]) -> tuple[PreviewJob, tuple[Finding, ...]]:
    """The job in a payload, with the warnings of its validation.

    Raises:
        InvalidPayloadError: It breaks the contract; the sentence is the first error, with the number of others
            (permanent).
        UnsupportedVersionError: It is of a newer version (permanent).
    """
    validation = validate_job(payload)
    if validation.job is not None and not validation.errors:
        return validation.job, validation.warnings
    first = validation.errors[0]
    more = len(validation.errors) - 1
    sentence = first.message if not more else f"{first.message} (and {more} more)"
    kind = UnsupportedVersionError if first.code == UnsupportedVersionError.default_code else InvalidPayloadError
    raise kind(sentence, pointer=first.pointer, hint=first.hint)


def identified_job(payload: dict[str, Any], *, library: AssetLibrary, root: Path) -> Intake:
    """Validate a payload and find its assets; blocking.

    Raises:
        InvalidPayloadError, UnsupportedVersionError, AssetError: Permanent.
    """
    return _identified(payload, *read_job(payload), library=library, root=root)


async def with_voices(intake: Intake, speaker: Speaker, *, only_step: str | None = None) -> Intake:
    """The edition with draft voices for its steps that have words and no recording, or for one and those spoken before.

    Raises:
        TooLongError, TransientError, StorageError: What `Speaker.with_voices` raises.
    """
    request = intake.job.preview_request
    with length_errors_of(intake.number, request.language):
        return replace(intake, identified=await speaker.with_voices(request, intake.identified, only_step=only_step))


async def spoken_editions(intake: Intake, speaker: Speaker) -> tuple[Intake, ...]:
    """The job in each of its languages with their draft voices; errors are those of `with_voices`."""
    return tuple([await with_voices(edition, speaker) for edition in intake.editions])


def identity_of(intake: Intake, payload: dict[str, Any], *, job_id: str) -> Identity:
    """Which job was taken in, by the queue's id for it; some ms for each 10 kB of payload."""
    return Identity(
        job_id=job_id,
        project_id=intake.job.project_id,
        digest=intake.identified.digest,
        payload_digest=payload_digest(payload),
        dry_run=intake.job.dry_run,
    )


def published_before(
    delivery: Delivery, record: JobRecord | None, publications: Publications
) -> tuple[Identity, Container] | None:
    """What an earlier run of a job has published, by the digest that was accepted; None where nothing is; blocking.

    No asset is looked at: they may have changed since. But the accepted digest doesn't tell whose payload this is: ids
    are used again once the queue has forgotten them. So the payload has to be the one that the manifest names; where an
    older build didn't write that, nothing can be compared, and the job is taken in as usual.

    Raises:
        InvalidPayloadError: The payload holds what canonical JSON can't say (permanent).
        StorageError: What stands can't be read (transient).
    """
    if record is None or record.job_id != delivery.job_id:
        return None
    _refuse_unsafe_id(delivery.job_id)
    accepted = Identity(
        job_id=record.job_id,
        project_id=record.project_id,
        digest=record.digest,
        payload_digest="",
        dry_run=delivery.payload.get("dryRun") is True,
    )
    manifest = publications.own(accepted)
    if manifest is None or manifest.payload_digest != payload_digest(delivery.payload):
        return None
    return replace(accepted, payload_digest=manifest.payload_digest), manifest


async def take_in(
    delivery: Delivery,
    *,
    library: AssetLibrary,
    places: Places,
    publications: Publications,
    records: JobRecords,
    record_ttl_s: int,
) -> tuple[Intake, Identity]:
    """Check a delivery and make or compare its record.

    Raises:
        InvalidPayloadError, UnsupportedVersionError, AssetError, JobConflictError: Permanent.
        QueueUnavailableError: Redis doesn't answer (transient).
        StorageError: What stands under the job's id can't be read (transient).
        NoThreadYet: The machine has no thread for it.
    """
    _refuse_unsafe_id(delivery.job_id)
    try:
        intake, identity = await apart(partial(_looked_at, delivery, library, places))
    except NoThreadError as error:
        raise NoThreadYet(str(error)) from error
    await readable(publications.refuse_other, identity)
    record = await records.create(
        job_id=delivery.job_id,
        digest=identity.digest,
        project_id=identity.project_id,
        request_id=intake.job.request_id,
        ttl_s=record_ttl_s,
    )
    if record.job_id != delivery.job_id:
        raise JobConflictError(
            f"Job id {delivery.job_id} differs from {record.job_id}, which names a job already, in case alone.",
            hint="Add the job under an id of its own.",
        )
    if record.digest != identity.digest:
        raise _mismatch(delivery.job_id, record)
    return intake, identity


def _looked_at(
    delivery: Delivery, library: AssetLibrary, places: Places, ended: threading.Event
) -> tuple[Intake, Identity]:
    """The checks that need no record and look at nothing published; blocking, some ms for each 10 kB of payload."""
    job, warnings = read_job(delivery.payload)
    root = places.assets(job.project_id)
    intake = _identified(delivery.payload, job, warnings, library=library, root=root, ended=ended)
    return intake, identity_of(intake, delivery.payload, job_id=delivery.job_id)


def _identified(
    payload: dict[str, Any],
    job: PreviewJob,
    warnings: tuple[Finding, ...],
    *,
    library: AssetLibrary,
    root: Path,
    ended: threading.Event | None = None,
) -> Intake:
    identified = identify(payload, job.preview_request, library, root, ended)
    refuse_absent(job.preview_request, identified)
    return Intake(job=job, warnings=warnings, identified=identified)


def _refuse_unsafe_id(job_id: str) -> None:
    """The queue's id becomes a folder's name, and a foreign producer may have written anything there."""
    fault = queued_id_fault(job_id)
    if fault is not None:
        raise InvalidPayloadError(
            f"The job's id in the queue {fault}.", hint="Add the job with the payload's jobId as its id."
        )


def _mismatch(job_id: str, record: JobRecord) -> AssetError | JobConflictError:
    if record.state.terminal:
        return JobConflictError(
            f"Job id {job_id} already names another job, which is {record.state.value}.",
            hint="Post the payload under a new jobId.",
        )
    return AssetError(
        f"An asset of job {job_id} changed after the job was accepted.",
        code="asset-changed",
        hint="Post the job again under a new jobId.",
    )
