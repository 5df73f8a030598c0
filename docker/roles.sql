-- The four database roles of ISCM. Run once per cluster by a superuser, before the database is created.
-- Passwords are set apart from this file (psql -v, or the embedded manager).
--
-- iscm_owner  owns every table; runs migrations and backups; the only one row-level security does not bind.
-- iscm_app    what web, worker and commands log in as; owns nothing, may become iscm_staff or iscm_party.
-- iscm_staff  a transaction on behalf of the company's own people and of the system.
-- iscm_party  a transaction on behalf of an outside party (supplier, forwarder, …): sees only its own documents.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'iscm_owner') THEN
    CREATE ROLE iscm_owner LOGIN CREATEDB BYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'iscm_app') THEN
    CREATE ROLE iscm_app LOGIN NOINHERIT;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'iscm_staff') THEN
    CREATE ROLE iscm_staff NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'iscm_party') THEN
    CREATE ROLE iscm_party NOLOGIN;
  END IF;
END
$$;
GRANT iscm_staff, iscm_party TO iscm_app;
GRANT pg_read_all_data TO iscm_owner;
