"""The tone of a state: grey for resting and done, blue for under way, amber for what will hurt, red for what does."""

_TONES = {
    "rest": "draft planned not_started inactive archived cancelled closed expired superseded withdrawn none",
    "busy": (
        "submitted sent open in_progress booked confirmed approved in_transit at_sea sailed invited issued active "
        "partly_received partial partly_billed scheduled released quoted awarded estimated arrived ready accepted"
    ),
    "wait": "on_hold hold waiting pending due_soon at_risk expiring changed counter_proposed query disputed",
    "hurt": "late overdue failed rejected blocked refused missing lost",
    "good": "done received delivered passed paid completed complete posted cleared matched effective",
}
_of = {value: tone for tone, values in _TONES.items() for value in values.split()}


def register(tone: str, *values: str) -> None:
    """This will give states of an app their tone: rest, busy, wait, hurt or good."""
    if tone not in _TONES:
        raise ValueError(f"There is no tone {tone!r}.")
    _of.update(dict.fromkeys(values, tone))


def tone(value: str) -> str:
    return _of.get(value, "busy")
