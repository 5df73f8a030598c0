"""The committed description of the API is what the code does, and says it without a warning."""

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema

COMMITTED = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def generated() -> tuple[dict, bytes, list[str]]:
    reset_generator_stats()
    schema = SchemaGenerator().get_schema(request=None, public=True)
    notes = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]
    return schema, OpenApiYamlRenderer().render(schema, renderer_context={}), notes


def test_the_committed_schema_is_the_generated_one(generated):
    _schema, text, _notes = generated
    same = COMMITTED.exists() and COMMITTED.read_bytes() == text
    assert same, "The API changed. Run `make schema`, read the difference of docs/openapi.yaml and commit it."


def test_the_schema_is_valid_and_nothing_in_it_had_to_be_guessed(generated):
    schema, _text, notes = generated
    assert notes == []
    validate_schema(schema)


def test_every_operation_has_a_name_of_its_own_and_documents_its_refusals(generated):
    names = []
    for path, operations in yaml.safe_load(generated[1])["paths"].items():
        for method, operation in operations.items():
            names.append(operation["operationId"])
            assert {"400", "401", "403", "404"} <= set(operation["responses"]), f"{method} {path}"
    assert len(names) == len(set(names))


# Rates and days of a KPI are numbers, as the command ``kpis`` prints them: shown, never reckoned with.
SHOWN = re.compile(r".*pct|dio|dso|dpo|c2c.*|lag_seconds")


def test_money_and_quantities_are_decimal_strings(generated):
    """A JSON number would be a binary float in most clients."""
    for name, component in generated[0]["components"]["schemas"].items():
        for field, schema in component.get("properties", {}).items():
            shown = name.endswith("Row") or name == "Freshness"
            assert schema.get("type") != "number" or (shown and SHOWN.fullmatch(field)), f"{name}.{field}"
