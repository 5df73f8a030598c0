"""How an order line is judged: one SQL for both sides of the house, over what happened to the line.

The rules are those of requirements §3.2 and §3.6 with the decisions 2 and 18; docs/kpis.md says them in words.
"""

from kpis.facts.engine import count

# Facts of one line, as the two sides tell them (purchase_lines, sales_lines):
#   day           the original commit date                    ordered       what was ordered
#   quantity      what arrived so far                         in_time       of it, by the commit date (with its grace)
#   first_day, last_day  first and last arrival               seen_day      since when goods can be claimed
#   closed        nothing more is owed                        refused       we cancelled it: it cannot be complete
#   damaged       a claim of ours or his stands               wrong_papers  a document was not right first time
#   settled       the invoices of what arrived are paid       claim_days    how long may be claimed
#   fault_days    how long the longest of all kinds of damage and defects
JUDGE = """
judged AS (
    SELECT *,
        CASE WHEN %(early_days)s IS NOT NULL AND first_day < day - %(early_days)s::int THEN false
             WHEN in_time >= needed THEN true
             WHEN quantity > in_time THEN false
             WHEN as_of <= last_chance THEN NULL
             ELSE closed AND quantity > 0 END AS on_time,  -- what came, came on time; the rest is no longer owed
        CASE WHEN quantity > allowed OR refused THEN false
             WHEN quantity >= needed THEN true
             WHEN closed THEN false
             WHEN as_of <= last_chance THEN NULL
             ELSE false END AS complete,
        CASE WHEN damaged THEN false WHEN as_of > seen_day + fault_days THEN true END AS undamaged,
        CASE WHEN wrong_papers THEN false WHEN settled OR as_of > seen_day + claim_days THEN true END AS documented
    FROM (
        SELECT *, ordered * (1 - %(tolerance)s::numeric) AS needed, ordered * (1 + %(tolerance)s::numeric) AS allowed,
            day + %(late_days)s::int AS last_chance
        FROM happened
    ) h
), settled_or_not AS (
    SELECT *, num_nulls(on_time, complete, undamaged, documented) = 0
        OR (quantity = 0 AND as_of > day + claim_days) AS final  -- never delivered: imperfect for good
    FROM judged
)
SELECT company_id, side, day, supplier, country, product_group, mode, incoterm, on_time, complete, undamaged, documented,
    CASE WHEN on_time IS NOT NULL THEN on_time AND quantity >= needed END AS otif, final, line_id, order_id, product_id,
    ordered, quantity, least(in_time, ordered) AS quantity_on_time, last_day,
    quantity < needed AND NOT closed AND NOT refused AS is_open,
    least(
        CASE WHEN on_time IS NULL OR complete IS NULL THEN last_chance + 1 END,
        CASE WHEN undamaged IS NULL THEN seen_day + fault_days + 1 END,
        CASE WHEN documented IS NULL THEN seen_day + claim_days + 1 END,
        CASE WHEN NOT final AND quantity = 0 THEN day + claim_days + 1 END
    ) AS next_change_date
FROM settled_or_not
"""

# What facts with the four flags add up to, for lines and for whole orders alike.
MEASURES = {
    "promised": count(),
    "timed": count("on_time IS NOT NULL"),
    "on_time": count("on_time"),
    "otif": count("otif"),
    "judged": count("num_nonnulls(on_time, complete, undamaged, documented) > 0"),
    "perfect": count("on_time AND complete AND undamaged AND documented"),
    "failed": count("NOT on_time OR NOT complete OR NOT undamaged OR NOT documented"),
    "late": count("NOT on_time"),
    "incomplete": count("NOT complete"),
    "damaged": count("NOT undamaged"),
    "undocumented": count("NOT documented"),
    "final": count("final"),
}
