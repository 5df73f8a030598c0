"""The house rules that no linter sees; every app inherits them by being there."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models
from django.utils.functional import Promise

from core.outbox import EVENTS, HANDLERS

ROOT = Path(settings.BASE_DIR)
FIRST_PARTY = [config for config in apps.get_app_configs() if config.name in settings.FIRST_PARTY_APPS]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
LAYERS = next(c["layers"] for c in CONTRACTS["contracts"] if c["name"] == "Apps import downward only")
HEIGHT = {
    name.strip(" ()"): len(LAYERS) - number for number, layer in enumerate(LAYERS) for name in re.split(r"[|:]", layer)
}
MODELS = [model for config in FIRST_PARTY for model in config.get_models() if not model.__name__.endswith("Event")]


def test_every_app_stands_in_the_layers_and_in_the_import_contract():
    assert {config.name for config in FIRST_PARTY} <= set(HEIGHT)
    assert {config.name for config in FIRST_PARTY} <= set(CONTRACTS["root_packages"])


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_foreign_keys_point_down_and_leave_no_name_below(model):
    app = model._meta.app_label
    for field in model._meta.concrete_fields:
        if not isinstance(field, models.ForeignKey) or field.name.startswith("pgh_"):
            continue
        target = field.related_model._meta.app_label
        if target == app or target not in HEIGHT:
            continue
        assert HEIGHT[target] < HEIGHT[app], f"{field} points up, to {target}"
        if target not in ("parties",) or app != "parties":
            assert field.remote_field.related_name == "+", f"{field} needs related_name='+'"


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_money_and_quantities_are_never_floats(model):
    assert not [f for f in model._meta.concrete_fields if isinstance(f, models.FloatField)]


@pytest.mark.parametrize("model", [m for m in MODELS if hasattr(m, "get_absolute_url")], ids=lambda m: m._meta.label)
def test_what_has_a_page_has_a_name_that_can_be_translated(model):
    assert isinstance(model._meta.original_attrs.get("verbose_name"), Promise)


def test_every_flow_names_states_of_its_choices_and_permissions_somebody_holds():
    from core.flow import Flow

    granted = {permission for config in FIRST_PARTY for permission in getattr(config, "role_permissions", {})}
    flows = [
        value
        for config in FIRST_PARTY
        if (ROOT / config.name / "flows.py").exists()
        for value in vars(sys.modules[f"{config.name}.flows"]).values()
        if isinstance(value, Flow)
    ]
    assert flows
    for flow in flows:
        for step in flow.steps.values():
            assert {*step.source, step.target} <= set(flow.states.values), step
            assert step.needs in granted, f"nobody holds {step.needs}"


def test_what_is_announced_is_listed_and_what_is_handled_is_announced():
    for handler in HANDLERS.values():
        assert handler.events <= set(EVENTS), handler.name
    for name, event in EVENTS.items():
        assert re.fullmatch(r"[a-z]+(\.[a-z_]+){1,2}", name), name
        assert event.meaning.endswith("."), name


def test_no_services_module_reads_the_clock_or_fetches_bare():
    """Only doors read the time of day or the request; documents come from visible_to."""
    for path in [*ROOT.glob("*/services.py"), *ROOT.glob("*/services/*.py")]:
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = ast.unparse(node.func)
                assert called not in ("date.today", "datetime.now", "timezone.localdate"), f"{path}: {called}"
                assert not called.endswith(".objects.get"), f"{path}:{node.lineno}: {called}"


@pytest.mark.django_db
def test_the_models_and_the_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_import_contracts_hold():
    done = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.django_db
def test_every_document_that_outside_parties_read_is_behind_the_second_wall():
    """A queryset that has outside parties in it needs a policy of its own in the database."""
    from django.db import connection

    from parties.querysets import DocumentQuerySet

    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity")
        protected = {row[0] for row in cursor.fetchall()}
    for model in MODELS:
        if isinstance(getattr(model, "objects", None), models.Manager) and isinstance(
            model.objects.all(), DocumentQuerySet
        ):
            assert model._meta.db_table in protected, model._meta.label


@pytest.mark.django_db
def test_the_application_role_owns_nothing_and_bypasses_nothing():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = session_user")
        name, is_super, bypasses = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = %s", [name])
        owned = cursor.fetchone()[0]
    assert (name, is_super, bypasses, owned) == ("iscm_app", False, False, 0)


def test_no_index_is_the_beginning_of_another(db):
    """It would be written with every row and never be needed. Those that Django makes for LIKE on keys are its own."""
    ours = {model._meta.db_table for model in MODELS}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH plain AS (
                SELECT t.relname AS of, i.relname AS name, x.indkey::text AS columns, x.indisunique AS needed
                FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
                WHERE x.indpred IS NULL AND x.indexprs IS NULL AND pg_get_indexdef(i.oid) LIKE '%%USING btree%%'
                    AND pg_get_indexdef(i.oid) NOT LIKE '%%pattern_ops%%'
            )
            SELECT a.of, a.name, b.name FROM plain a JOIN plain b ON a.of = b.of AND a.name <> b.name
                AND b.columns || ' ' LIKE a.columns || ' %%'
            WHERE NOT a.needed AND a.of = ANY(%s)""",
            [sorted(ours)],
        )
        assert cursor.fetchall() == []


def test_versions_in_the_audit_are_indexed_by_their_row_and_their_document_alone(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename, count(*) FROM pg_indexes WHERE tablename = ANY(%s) GROUP BY 1 HAVING count(*) > 3",
            [[m.pgh_event_model._meta.db_table for m in MODELS if hasattr(m, "pgh_event_model")]],
        )
        assert cursor.fetchall() == []
