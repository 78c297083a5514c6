"""Generated requests: whatever a caller sends, the API answers, and never as if it were broken."""

from __future__ import annotations

import pytest
import schemathesis
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode

from support.service import PREFIX, serving

EVERY_ROUTE = (
    f"POST {PREFIX}/job",
    f"POST {PREFIX}/frame",
    f"POST {PREFIX}/job/{{job_id}}/approve",
    f"POST {PREFIX}/job/{{job_id}}/cancel",
    f"GET {PREFIX}/job/{{job_id}}/status",
    f"GET {PREFIX}/job/{{job_id}}/artifact",
    f"GET {PREFIX}/job/{{job_id}}/files/{{name}}",
    f"GET {PREFIX}/job/{{job_id}}/live/{{name}}",
    f"GET {PREFIX}/queue/metrics",
    f"POST {PREFIX}/queue/pause",
    f"POST {PREFIX}/queue/resume",
    f"GET {PREFIX}/worker/health",
)
FEW = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def call(valkey_server, tmp_path_factory):
    """Call the API from outside its event loop."""
    context = serving(
        valkey_server.url, tmp_path_factory.mktemp("data"), PREVIEW_QUEUE_NAME="generated", PREVIEW_QUEUE_MAX="5"
    )
    with start_blocking_portal("asyncio") as portal, portal.wrap_async_context_manager(context) as (_, client):

        def send(**request):
            async def ask():
                return await client.request(**request)

            return portal.call(ask)

        yield send


@pytest.fixture(scope="module")
def operations(call):
    description = call(method="GET", url="/openapi.json").json()
    found = [result.ok() for result in schemathesis.openapi.from_dict(description).get_all_operations()]
    return {operation.label: operation for operation in found}


def test_the_generated_requests_reach_every_route(operations):
    assert operations.keys() == set(EVERY_ROUTE)


@pytest.mark.parametrize("label", EVERY_ROUTE)
def test_a_route_answers_properly_when_requests_follow_its_description(call, operations, label):
    probe(call, operations[label], GenerationMode.POSITIVE)


@pytest.mark.parametrize("label", EVERY_ROUTE[:3])
def test_a_route_refuses_properly_when_requests_break_its_description(call, operations, label):
    probe(call, operations[label], GenerationMode.NEGATIVE)


def probe(call, operation, mode):
    """Send generated requests; each must be answered, by a problem where it is refused."""

    @FEW
    @given(case=operation.as_strategy(generation_mode=mode))
    def answered(case):
        made = case.as_transport_kwargs(base_url="http://api")
        answer = call(
            method=made["method"],
            url=made["url"],
            params=made.get("params"),
            headers=dict(made["headers"]),
            json=made.get("json"),
            content=made.get("data"),
        )
        assert answer.status_code < 500, answer.text
        if answer.is_error:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == answer.status_code

    answered()
