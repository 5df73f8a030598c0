"""The shape of docker-compose.yml, the Dockerfile and what they need (Docker itself is not needed to check it)."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml

from iscm.embedded import Postgres
from iscm.embedded.host import as_account

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(TEXT)["services"]
OURS = ("migrate", "web", "worker", "beat")
SECRETS = ("SECRET_KEY", "POSTGRES_PASSWORD", "ISCM_OWNER_PASSWORD", "ISCM_APP_PASSWORD", "VALKEY_PASSWORD")


def test_the_services_are_those_of_production():
    assert set(SERVICES) == {"postgres", "valkey", *OURS}
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert len({SERVICES[name]["image"] for name in OURS}) == 1


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_has_a_default_and_a_missing_one_is_explained(name):
    uses = re.findall(r"\$\{" + name + r"(:?[-?][^}]*)?\}", TEXT)
    assert any(use.startswith(f":?Set {name} to ") for use in uses)
    assert not any(use.startswith((":-", "-")) for use in uses)
    assert re.search(rf"^{name}=\s", (ROOT / ".env.example").read_text() + "\n", re.MULTILINE), (
        "named in .env.example, empty"
    )


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL"])
def test_what_a_deployment_must_decide_is_required(name):
    assert f"${{{name}:?Set {name} to " in TEXT


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_rights_to_spare(name):
    service = SERVICES[name]
    assert service["user"] == "10001" and service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["environment"]["DEBUG"] == "0" and service["environment"]["LOG_JSON"] == "1"


def test_only_the_migration_is_the_owner_of_the_tables():
    roles = {name: re.match(r"postgres://(\w+):", SERVICES[name]["environment"]["DATABASE_URL"])[1] for name in OURS}
    assert roles == {"migrate": "iscm_owner", "web": "iscm_app", "worker": "iscm_app", "beat": "iscm_app"}
    assert not any("OWNER" in key for name in ("web", "worker", "beat") for key in SERVICES[name]["environment"])


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_programs_wait_for_the_migration_and_the_broker(name):
    wanted = SERVICES[name]["depends_on"]
    assert wanted["migrate"]["condition"] == "service_completed_successfully"
    assert wanted["valkey"]["condition"] == "service_healthy"
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert SERVICES["migrate"]["restart"] == "no"


@pytest.mark.parametrize("name", ["postgres", "valkey", "web", "worker", "beat"])
def test_every_lasting_service_is_watched(name):
    assert SERVICES[name]["healthcheck"]["test"] and SERVICES[name]["restart"] == "unless-stopped"


def test_text_sorts_as_in_development():
    arguments = SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    assert {"--locale-provider=builtin", "--locale=C.UTF-8"} <= set(arguments)
    manager = (ROOT / "iscm" / "embedded" / "postgres.py").read_text()
    assert all(f'"{argument}"' in manager for argument in arguments)


def test_what_is_handed_to_our_containers_is_read_by_the_code():
    """A variable under a name that nobody reads would be a setting that does nothing."""
    code = "".join(
        path.read_text() for path in [*ROOT.glob("iscm/*.py"), ROOT / "gunicorn.conf.py", *ROOT.glob("core/*.py")]
    )
    for name in OURS:
        for variable in SERVICES[name]["environment"]:
            assert f'"{variable}"' in code, f"{name}: {variable}"


def test_the_example_names_every_variable_that_the_compose_file_asks_for():
    example = (ROOT / ".env.example").read_text()
    for variable in set(re.findall(r"(?<!\$)\$\{(\w+)", TEXT)):
        assert re.search(rf"^#?{variable}=", example, re.MULTILINE), variable


def test_only_the_web_server_has_a_port_and_only_on_this_host():
    assert {name for name in SERVICES if "ports" in SERVICES[name]} == {"web"}
    assert SERVICES["web"]["ports"][0].startswith("${BIND:-127.0.0.1}:")


def test_mounted_files_exist_and_the_set_up_script_may_run():
    mounts = [volume.split(":")[0] for volume in SERVICES["postgres"]["volumes"] if volume.startswith("./")]
    assert mounts and all((ROOT / mount).is_file() for mount in mounts)
    script = ROOT / "docker" / "initdb.sh"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script]).returncode == 0
    unset = subprocess.run(["bash", script], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
    assert unset.returncode and "Set ISCM_OWNER_PASSWORD" in unset.stderr


def test_the_image_does_not_run_as_root_and_installs_only_what_is_locked():
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE)[-1] == "10001"
    assert "--require-hashes --only-binary :all:" in dockerfile and "npm ci --ignore-scripts" in dockerfile
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv", "var", ".env"} <= set(ignored), "no secret and no data of this machine goes into the image"


@pytest.fixture
def cluster():
    place = Path(tempfile.mkdtemp(prefix="iscm-initdb-"))
    place.chmod(0o755)
    postgres = Postgres(place / "postgres", fsync=False)
    try:
        postgres.ensure_running()
        yield postgres
    finally:
        postgres.stop("immediate")
        shutil.rmtree(place, ignore_errors=True)


ROLES = """
SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolcanlogin, rolinherit, rolpassword IS NOT NULL,
    (SELECT array_agg(pg_get_userbyid(roleid) ORDER BY 1) FROM pg_auth_members WHERE member = a.oid)
FROM pg_authid a WHERE rolname LIKE 'iscm%' ORDER BY 1;
SELECT datname, pg_get_userbyid(datdba), datlocprovider, datlocale, pg_encoding_to_char(encoding),
    has_database_privilege('iscm_app', oid, 'CONNECT'), has_database_privilege('iscm_app', oid, 'CREATE'),
    has_database_privilege('iscm_party', oid, 'CONNECT')
FROM pg_database WHERE datname = 'iscm';
"""


def test_the_container_makes_the_roles_and_the_database_that_development_has(cluster):
    """docker/initdb.sh for real, on a cluster from which all that the embedded manager made was removed again."""
    wanted = cluster.psql(ROLES)
    assert wanted.count("iscm_") >= 4 and "C.UTF-8" in wanted
    cluster.psql("DROP DATABASE iscm")
    cluster.psql("DROP ROLE iscm_app, iscm_owner, iscm_staff, iscm_party")
    readable = cluster.data_dir.parent / "roles.sql"
    for name in ("roles.sql", "initdb.sh"):
        shutil.copy(ROOT / "docker" / name, cluster.data_dir.parent / name)
    environment = {
        "PATH": f"{cluster.bin}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": str(cluster.socket_dir),
        "PGPORT": cluster.psql("SHOW port").strip(),
        "POSTGRES_USER": "postgres",
        "ISCM_OWNER_PASSWORD": "o'wner",
        "ISCM_APP_PASSWORD": "app",
        "ISCM_ROLES_SQL": str(readable),
    }
    script = cluster.data_dir.parent / "initdb.sh"
    done = subprocess.run(
        ["bash", script], env=environment, cwd="/", capture_output=True, text=True, **as_account(cluster._account)
    )
    assert done.returncode == 0, done.stderr
    assert cluster.psql(ROLES) == wanted
