"""Doors that belong to no document, files and notes of every document, and published facts."""

from tests.proofs.policy.rules import ANYONE, MEMBER, STAFF, Rule, facts, lists, page

_EVERY_WAY = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), ANYONE)
_PO = "sourcing.view_purchaseorder"
_RATES = "reference.view_exchangerate"

RULES = {
    "healthz": Rule(_EVERY_WAY),
    "readyz": Rule(_EVERY_WAY),
    "metrics": Rule(_EVERY_WAY),  # this machine only, or a token: tests/iscm/test_health.py
    "schema": Rule({"GET": ANYONE}),
    "api_docs": Rule({"GET": ANYONE}),
    "csp_report": Rule({"POST": ANYONE}),
    "set_language": Rule({"POST": ANYONE}),
    "home": page(MEMBER, outside=True),
    "search": page(MEMBER, outside=True),
    "tasks": page(STAFF),
    "switch_membership": Rule({"POST": MEMBER}, missing=True),  # to a membership that is not the caller's
    # files and notes: of an order here, by the same rule as the document's everywhere
    "file": page(_PO, subject="core.attachment", outside=True),
    "add_file": Rule({"POST": _PO}, "sourcing.purchaseorder", kwargs={"kind": "sourcing.purchaseorder"}),
    "add_note": Rule(
        {"POST": _PO}, "sourcing.purchaseorder", kwargs={"kind": "sourcing.purchaseorder"}, body={"text": "Please call"}
    ),
    # reference data
    **facts("currency", "EUR"),
    **facts("country", "NL"),
    **facts("unit", "pcs"),
    **facts("place", "CNNGB"),
    **facts("calendar", "NL"),
    **facts("calendar-day", "@reference.CalendarDay"),
    **facts("incoterm", "FOB", param="code"),
    **facts(
        "exchange-rate",
        "@reference.ExchangeRate",
        _RATES,
        "reference.add_exchangerate",
        body={"base": "EUR", "quote": "USD", "date": "2026-11-19", "rate": "1.11"},
    ),
    "api:exchange-rate-look-up": Rule({"GET": _RATES}, query="base=EUR&quote=USD&date=2026-11-20"),
    **{
        f"reference:{name}": page(MEMBER, outside=True)
        for name in ("currencies", "countries", "units", "places", "calendar_days", "incoterms")
    },
    **lists(_RATES, "reference:exchange_rates"),
    "reference:exchange_rate_new": page("reference.add_exchangerate", post="reference.add_exchangerate"),
    "reference:currency_pair": page(_RATES, base="EUR", quote="USD"),
    "quality:sampling_plans": page(MEMBER, outside=True),
}
