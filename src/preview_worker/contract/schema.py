"""JSON Schemas of all that crosses a process border, generated from the models.

They are written as JSON Schema 2020-12 in words that draft-07 validators read the same way: local references into
`$defs`, arrays of one kind of item, no keyword that came later.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from preview_worker.contract.container import Container
from preview_worker.contract.job import PreviewJob
from preview_worker.contract.kinds import LAYOUT_ALIASES
from preview_worker.contract.report import Report
from preview_worker.contract.result import Event, JobResult, Problem, Progress
from preview_worker.contract.structure import ALIASES, RESERVED

JOB_SCHEMA = "preview-job.schema.json"
_MODELS: tuple[tuple[str, type[BaseModel]], ...] = (
    (JOB_SCHEMA, PreviewJob),
    ("report.schema.json", Report),
    ("container.schema.json", Container),
    ("progress.schema.json", Progress),
    ("result.schema.json", JobResult),
    ("event.schema.json", Event),
    ("problem.schema.json", Problem),
)


class _Generator(GenerateJsonSchema):
    """Leaves out the titles pydantic makes of field names: they say nothing the name doesn't."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Say no for every field."""
        del schema
        return False


def schemas() -> dict[str, dict[str, Any]]:
    """Return file name → schema for the payload and everything that leaves us."""
    return {name: _schema(name, model) for name, model in _MODELS}


def schema_text(schema: dict[str, Any]) -> str:
    """Return a schema as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _schema(name: str, model: type[BaseModel]) -> dict[str, Any]:
    mode: Literal["validation", "serialization"] = "validation" if model is PreviewJob else "serialization"
    generated = model.model_json_schema(by_alias=True, mode=mode, schema_generator=_Generator)
    if model is PreviewJob:
        _accept_input_forms(generated)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:mobius-preview-worker:{name}"}
    return head | generated


def _accept_input_forms(job: dict[str, Any]) -> None:
    """Add what the models take beside their own form: other names, strings for visuals, refused names."""
    definitions = job["$defs"]
    job["additionalProperties"] = False
    for model, names in RESERVED.items():
        definitions[model.__name__]["properties"] |= dict.fromkeys(sorted(names), False)
    for model, aliases in ALIASES.items():
        properties = definitions[model.__name__]["properties"]
        properties |= {alias: properties[key] for alias, key in aliases.items()}
    step = definitions["Step"]["properties"]
    step["id"].pop("default")
    path = {"type": "string", "minLength": 1, "description": "An asset's id, else a path."}
    step["visuals"]["items"] = {"anyOf": [{"$ref": "#/$defs/Visual"}, path]}
    definitions["Layout"]["enum"] += sorted(LAYOUT_ALIASES)
    definitions["PreviewRequest"]["properties"]["version"]["maximum"] = 1
