#!/usr/bin/env bash
# Runs once, when the postgres container makes its cluster: the roles, their passwords and the database.
set -euo pipefail
: "${ISCM_OWNER_PASSWORD:?Set ISCM_OWNER_PASSWORD: the password of the role that owns the tables.}"
: "${ISCM_APP_PASSWORD:?Set ISCM_APP_PASSWORD: the password of the role the application logs in as.}"
run() { psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" "$@"; }
run --dbname postgres --file "${ISCM_ROLES_SQL:-/iscm/roles.sql}"
run --dbname postgres -v owner="$ISCM_OWNER_PASSWORD" -v app="$ISCM_APP_PASSWORD" <<'SQL'
ALTER ROLE iscm_owner PASSWORD :'owner';
ALTER ROLE iscm_app PASSWORD :'app';
CREATE DATABASE iscm OWNER iscm_owner;
REVOKE ALL ON DATABASE iscm FROM PUBLIC;
GRANT CONNECT ON DATABASE iscm TO iscm_app;
SQL
