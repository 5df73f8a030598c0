from core.outbox import event

ENTRY_POSTED = event("ledger.entry.posted", "It was posted to the ledger.")
PERIOD_CLOSED = event("ledger.period.closed", "A period was closed; nothing more is posted into it.")
PERIOD_REOPENED = event("ledger.period.reopened", "A closed period was opened again.")
