"""The OpenAPI description is valid: schemathesis sends valid and invalid requests and checks the responses."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from ser_bench.deploy import manifest
from ser_bench.deploy.file import container
from ser_bench.deploy.serve import openapi
from ser_bench.deploy.serve.settings import Settings

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

OPERATIONS = [("/predict", "POST"), ("/health", "GET"), ("/model", "GET"), ("/openapi.json", "GET"), ("/", "GET")]


@pytest.fixture(scope="module")
def described(service):
    return schemathesis.openapi.from_url(f"{service.address}/openapi.json")


def test_every_operation_is_tested(model):
    info = manifest.validate(container.read(model)[0], model)
    paths = openapi.describe(info, Settings(model))["paths"]
    assert {(path, method.upper()) for path, methods in paths.items() for method in methods} == set(OPERATIONS)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("path", "method", "mode"),
    [*((*operation, "positive") for operation in OPERATIONS), ("/predict", "POST", "negative")],
)
def test_responses_match_the_description(described, path, method, mode):
    operation = described[path][method]
    # The service answers bytes that are not audio with 415 or 422, which a schema of bytes cannot exclude.
    excluded = [schemathesis.checks.CHECKS.get_one("positive_data_acceptance")]

    @settings(max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
    def send(case):
        case.call_and_validate(excluded_checks=excluded)

    send()
