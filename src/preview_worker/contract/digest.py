"""The identity of a job: what it would show, independent of who asks, when and how often."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785

from preview_worker.contract.identifiers import Digest
from preview_worker.errors import InvalidPayloadError


def payload_digest(job: Mapping[str, Any]) -> Digest:
    """Return the SHA-256 of what a job asks for, its assets' bytes aside; raises what `digest` raises."""
    return digest(job, {})


def digest(job: Mapping[str, Any], asset_hashes: Mapping[str, str]) -> Digest:
    """Return the SHA-256, as 64 hexadecimal digits, of what a job asks for.

    It is taken of the canonical JSON (RFC 8785) of one object with the members `projectId`, `dryRun` and
    `previewRequest` as sent, and `assets`.

    Args:
        job: The raw payload, valid.
        asset_hashes: The SHA-256 at admission of every referenced file that is there, by a name that follows from
            the payload alone: the asset's id, or one made of the path where a visual names a file itself.

    Raises:
        InvalidPayloadError: permanent; the payload holds what canonical JSON can't say.
    """
    subject = {
        "assets": {name: asset_hashes[name].lower() for name in asset_hashes},
        "dryRun": job.get("dryRun"),
        "previewRequest": job.get("previewRequest"),
        "projectId": job.get("projectId"),
    }
    try:
        canonical = rfc8785.dumps(subject)
    except rfc8785.CanonicalizationError as error:
        raise InvalidPayloadError(f"The payload can't be written as canonical JSON: {error}.") from error
    return Digest(hashlib.sha256(canonical).hexdigest())
