"""Net flow per company, day and account class, from the ledger. An entry never changes, so it is applied exactly once."""

from collections.abc import Sequence

from kpis.facts.engine import rows, run, run_by_index

# "purchases" is a memo beside the accounts: goods that entered inventory because they became ours.
_FLOWS = """
    SELECT e.company_id, e.day, a.account, sum(p.amount) AS flow, count(*) AS postings
    FROM {entries} e
    JOIN ledger_posting p ON p.entry_id = e.id
    CROSS JOIN LATERAL (
        SELECT p.account UNION ALL SELECT 'purchases' WHERE e.purpose = 'goods_owned' AND p.account = 'inventory'
    ) a
    GROUP BY e.company_id, e.day, a.account
"""
_APPLY = f"""
WITH fresh AS (
    INSERT INTO kpis_cashfact (entry_id, company_id) SELECT id, company_id FROM ledger_entry WHERE id = ANY(%(ids)s)
    ON CONFLICT DO NOTHING RETURNING entry_id
), entry AS (
    SELECT e.* FROM ledger_entry e JOIN fresh ON fresh.entry_id = e.id
)
INSERT INTO kpis_cashday AS t (company_id, day, account, flow, postings) {_FLOWS.format(entries="entry")}
ON CONFLICT (company_id, day, account) DO UPDATE SET flow = t.flow + EXCLUDED.flow, postings = t.postings + EXCLUDED.postings
"""
# Sets against sets, never row by row against a table that is being filled.
_ENTRIES = "SELECT id, company_id FROM ledger_entry WHERE company_id = %(company)s"
_APPLIED = "SELECT entry_id, company_id FROM kpis_cashfact WHERE company_id = %(company)s"
_OF_COMPANY = "(SELECT * FROM ledger_entry WHERE company_id = %(company)s)"
_COMPARED = f"""
want AS MATERIALIZED ({_FLOWS.format(entries=_OF_COMPANY)}),
have AS MATERIALIZED (SELECT company_id, day, account, flow, postings FROM kpis_cashday WHERE company_id = %(company)s),
added AS MATERIALIZED (SELECT * FROM want EXCEPT SELECT * FROM have),
removed AS MATERIALIZED (SELECT * FROM have EXCEPT SELECT * FROM want)
"""
_SAME = "{0}.company_id = {1}.company_id AND {0}.day = {1}.day AND {0}.account = {1}.account"


def apply(ids: Sequence[int]) -> None:
    """This will add ledger entries to the roll-up of their day; one that is in it already changes nothing."""
    run_by_index(_APPLY, ids, {})


def rebuild(company_id: int) -> None:
    """This will make the company's cash roll-up the sum of its ledger."""
    company = {"company": company_id}
    run(f"INSERT INTO kpis_cashfact (entry_id, company_id) {_ENTRIES} EXCEPT {_APPLIED}", company)
    run(
        f"DELETE FROM kpis_cashfact WHERE entry_id IN (SELECT entry_id FROM ({_APPLIED} EXCEPT {_ENTRIES}) gone)",
        company,
    )
    run(
        f"""
        MERGE INTO kpis_cashday t USING ({_FLOWS.format(entries=_OF_COMPANY)}) d ON {_SAME.format("t", "d")}
        WHEN MATCHED AND (t.flow <> d.flow OR t.postings <> d.postings) THEN UPDATE SET flow = d.flow, postings = d.postings
        WHEN NOT MATCHED THEN INSERT (company_id, day, account, flow, postings)
            VALUES (d.company_id, d.day, d.account, d.flow, d.postings)
        WHEN NOT MATCHED BY SOURCE AND t.company_id = %(company)s THEN DELETE""",
        company,
    )


def differences(company_id: int, limit: int) -> list[str]:
    """What is not in the roll-up, or wrong in it, written out."""
    company = {"company": company_id}
    missing = rows(f"SELECT id FROM ({_ENTRIES} EXCEPT {_APPLIED}) e ORDER BY id LIMIT {limit}", company)
    wrong = rows(
        f"WITH {_COMPARED} SELECT coalesce(a.day, r.day), coalesce(a.account, r.account), r.flow, a.flow "
        f"FROM added a FULL JOIN removed r ON {_SAME.format('a', 'r')} ORDER BY 1, 2 LIMIT {limit}",
        company,
    )
    return [f"ledger entry {pk} is not in the cash roll-up" for (pk,) in missing] + [
        f"cashday {day} / {account}: flow is {have}, should be {want}" for day, account, have, want in wrong
    ]
