"""Row-level security: what an outside party may read, said once per table and kept in step by every migrate.

An app declares in its ``apps.py``::

    row_security = {"sourcing_purchaseorder": Policy(read="id IN (SELECT …)", write=True)}

``read`` is SQL over the row's columns; ``app_party()`` is the organisation of the transaction. Staff see every row
(``visible_to`` narrows them to their company: a policy that filters staff costs a sequential scan on text search).
"""

from dataclasses import dataclass

from django.apps import apps
from django.db import connections


@dataclass(frozen=True)
class Policy:
    """``read``: SQL condition for iscm_party. ``write``: whether an outside party's service call may insert or update.

    ``log``: rows that triggers add to, whichever role makes the change, outside a scope too.
    """

    read: str
    write: bool = False
    log: bool = False


def documents_of(kind: str, column: str = "id") -> str:
    """SQL: the row belongs to a document of ``kind`` on which the transaction's party is named (parties.DocumentParty)."""
    return (
        f"{column} IN (SELECT p.document_id FROM parties_documentparty p "
        f"WHERE p.kind = '{kind}' AND p.organisation_id = app_party())"
    )


def house_only(*tables: str) -> dict[str, Policy]:
    """Tables that no outside party reads and no party's step writes: ours alone."""
    return dict.fromkeys(tables, Policy(read="false"))


def declared() -> dict[str, Policy]:
    """Every protected table and its policy, over all installed apps.

    The audit tables are protected without being named: every change is written there, and only we read it.
    """
    found = {
        table: policy
        for config in apps.get_app_configs()
        for table, policy in getattr(config, "row_security", {}).items()
    }
    audit = (model._meta.db_table for model in apps.get_models() if hasattr(model, "pgh_tracked_model"))
    return {**dict.fromkeys(audit, Policy(read="false", log=True)), **found}


_FUNCTION = """
CREATE OR REPLACE FUNCTION app_party() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('app.party', true), '')::bigint $$
"""
_GRANTS = """
GRANT USAGE ON SCHEMA public TO iscm_app, iscm_staff, iscm_party;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO iscm_app, iscm_staff, iscm_party;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO iscm_app, iscm_staff, iscm_party;
GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO iscm_app, iscm_staff;  -- ANALYZE after a bulk load
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO iscm_app, iscm_staff, iscm_party;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO iscm_app, iscm_staff, iscm_party;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO iscm_app, iscm_staff, iscm_party;
"""


def apply(using: str = "default", **_kwargs) -> None:
    """This will grant the three application roles their rights and make the policies of every protected table true.

    Runs after each ``migrate``, as the owner. Tables whose policies already stand are left alone.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'iscm_staff'")
        if cursor.fetchone() is None:
            raise RuntimeError("The database roles are missing: run docker/roles.sql as a superuser first.")
        cursor.execute("SELECT to_regclass('public.parties_documentparty') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return  # a partial migrate (one app only): the full one will finish the job
        cursor.execute(_FUNCTION)
        cursor.execute(_GRANTS)
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        existing = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT c.relname, obj_description(c.oid) FROM pg_class c WHERE c.relrowsecurity")
        standing = dict(cursor.fetchall())
        wanted = {table: policy for table, policy in declared().items() if table in existing}
        for table, policy in wanted.items():
            stamp = f"row security: {policy!r}"
            if standing.get(table) == stamp:
                continue
            cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
            for name in ("staff", "party", "party_insert", "party_update", "log"):
                cursor.execute(f'DROP POLICY IF EXISTS {name} ON "{table}"')
            cursor.execute(f'CREATE POLICY staff ON "{table}" TO iscm_staff USING (true) WITH CHECK (true)')
            cursor.execute(f'CREATE POLICY party ON "{table}" FOR SELECT TO iscm_party USING ({policy.read})')
            if policy.log:
                cursor.execute(f'CREATE POLICY log ON "{table}" FOR INSERT WITH CHECK (true)')
            if policy.write:
                cursor.execute(f'CREATE POLICY party_insert ON "{table}" FOR INSERT TO iscm_party WITH CHECK (true)')
                cursor.execute(
                    f'CREATE POLICY party_update ON "{table}" FOR UPDATE TO iscm_party USING ({policy.read}) WITH CHECK (true)'
                )
            cursor.execute(f'COMMENT ON TABLE "{table}" IS %s', [stamp])
        for table in standing.keys() - wanted.keys():
            cursor.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')
