"""What can go wrong, in sentences for the person who asked.

Services raise these; each door shows them in its own way: a page puts the sentence above the form,
the API answers RFC 9457 problem details with ``status`` and ``code``, a command prints it and exits 1.
"""


class RuleBroken(Exception):
    """A rule of the trade or of the house refuses the step. ``str(error)`` is fit to be shown."""

    status = 422
    code = "rule_broken"

    def __init__(self, message: str, *, field: str | None = None, errors: list[dict] | None = None):
        """``field`` names the input at fault; ``errors`` lists several: [{"pointer": "/lines/3/quantity", "detail": …}]."""
        super().__init__(str(message))
        self.field = field
        self.errors = errors or ([{"pointer": "/" + field.replace(".", "/"), "detail": str(message)}] if field else [])


class TransitionRefused(RuleBroken):
    """The document's state does not allow this step now."""

    status = 409
    code = "transition_refused"


class Conflict(RuleBroken):
    """Somebody else is changing, or has just changed, the same thing."""

    status = 409
    code = "conflict"


class NotAllowed(RuleBroken):
    """The actor may not do this."""

    status = 403
    code = "not_allowed"


class NotVisible(RuleBroken):
    """No such document, or not for this actor: the two are the same answer."""

    status = 404
    code = "not_found"

    def __init__(self, message: str = "There is no such document."):
        super().__init__(message)


class StaleDocument(RuleBroken):
    """The document changed since the caller read it (If-Match, or the form's version field)."""

    status = 412
    code = "stale"


class MissingPrecondition(RuleBroken):
    """This write needs If-Match with the ETag of the version the caller has seen."""

    status = 428
    code = "precondition_required"


class PeriodClosed(RuleBroken):
    """The accounting period of that day is closed."""

    code = "period_closed"


class MissingRate(RuleBroken):
    """No exchange rate is known for that day within the stated age."""

    code = "missing_rate"


class OutOfRange(RuleBroken):
    """A number or a day, or what they come to, does not fit where it would be kept."""

    code = "out_of_range"
