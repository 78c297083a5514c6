"""/openapi.json: the routes with the schemas that the contract generates, so that clients can be made from it."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI

from preview_worker.contract.changes import NAME_MAX, NOTE_MAX
from preview_worker.contract.fields import LANGUAGE_MAX
from preview_worker.contract.schema import JOB_SCHEMA, schemas

PROBLEM_MEDIA_TYPE = "application/problem+json"
_JOB, _PROBLEM = "PreviewJob", "Problem"
_PUBLISHED = {_JOB: JOB_SCHEMA, _PROBLEM: "problem.schema.json"}
_NOT_OPENAPI = frozenset({"$schema", "$id", "$defs"})


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{_PROBLEM}"}
    return {"description": description, "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}}}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: _problem(description)
    for status, description in (("4XX", "The request is refused"), ("5XX", "The service can't do it now"))
}
"""What every route may answer instead."""

JOB_BODY: dict[str, Any] = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The producer's own name for this request, remembered for a day: the same key brings the"
            " same answer again, and jobId may be absent.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{_JOB}"}}},
    },
}
"""What the route that takes jobs is sent."""

FRAME_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            media_type: {
                "schema": {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in (_JOB, "PreviewRequest")]}
            }
            for media_type in ("application/json", "application/yaml")
        },
    }
}
"""The body of the route that shows single pictures: a job, or a previewRequest alone."""

FRAME_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture.",
        "headers": {
            "Preview-Warnings": {
                "description": 'How many warnings there are, and their codes: `2;codes="text-small"`.',
                "schema": {"type": "string"},
            },
            "ETag": {"description": "SHA-256 of the picture.", "schema": {"type": "string"}},
        },
        "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
    },
    304: {"description": "It is the picture that If-None-Match names."},
}
"""What the route that shows single pictures answers."""


APPROVAL_BODY: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "note": {"type": ["string", "null"], "maxLength": NOTE_MAX},
                        "by": {"type": ["string", "null"], "maxLength": NAME_MAX},
                        "language": {"type": ["string", "null"], "maxLength": LANGUAGE_MAX},
                    },
                }
            }
        },
    }
}
"""The body of the route that approves: what is said about the preview, and by whom."""

APPROVAL_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "It is approved; said again without anything new, the answer is the same.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["jobId", "approvedAtMs", "by", "note", "projectId", "chapterId", "language"],
                    "properties": {
                        "jobId": {"type": "string"},
                        "approvedAtMs": {"type": "integer"},
                        "by": {"type": ["string", "null"]},
                        "note": {"type": ["string", "null"]},
                        "projectId": {"type": "string"},
                        "chapterId": {"type": ["string", "null"]},
                        "language": {"type": "string"},
                    },
                }
            }
        },
    },
    409: _problem(
        "There is nothing to approve: the job isn't completed, is a dry run or has no report (`not-ready`), ended "
        "without files (`job-failed`), or shows a part of its tutorial (`is-part`)."
    ),
}
"""What the route that approves answers."""


def describe_with_contract(app: FastAPI) -> None:
    """Let the app's description carry the contract's schemas; it is made when it is first asked for."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        description = generate()
        components = description.setdefault("components", {}).setdefault("schemas", {})
        if _JOB not in components:
            components.update(_components())
        return description

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the description


def _components() -> dict[str, Any]:
    """The published schemas with their parts, their references turned to where OpenAPI keeps them."""
    found: dict[str, Any] = {}
    published = schemas()
    for name, file in _PUBLISHED.items():
        text = json.dumps(published[file]).replace('"#/$defs/', '"#/components/schemas/')
        schema = json.loads(text)
        found |= schema.get("$defs", {})
        found[name] = {key: value for key, value in schema.items() if key not in _NOT_OPENAPI}
    return found
