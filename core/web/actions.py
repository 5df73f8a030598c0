"""Buttons that follow from a document's flow."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.actor import Actor
from core.flow import Flow, Step
from core.text import Text


@dataclass(frozen=True)
class Action:
    """``post``: the button sends a form (a step); otherwise it is a link to a page (a form to fill in)."""

    name: str
    label: Text
    url: str
    primary: bool = False
    danger: bool = False
    post: bool = True


def buttons(
    flow: Flow, document, actor: Actor, url: Callable[[Step], str], *, forms: tuple[str, ...] = ()
) -> list[Action]:
    """The steps this actor may take now, as buttons. Steps named in ``forms`` open a page instead of acting at once.

    Exactly one is primary: the first step whose style says so, if there is one.
    """
    steps = flow.available(document, actor)
    first = next((step.name for step in steps if step.style == "primary"), None)
    return [
        Action(
            name=step.name,
            label=step.label or step.name.replace("_", " ").capitalize(),
            url=url(step),
            primary=step.name == first,
            danger=step.style == "danger",
            post=step.name not in forms,
        )
        for step in steps
    ]


Offer = Callable[[Actor, object], "Action | None"]
_offers: dict[str, list[tuple[int, Offer]]] = {}


def offer(document_kind: str, order: int, make: Offer) -> None:
    """This will let an app above offer a step on pages of documents below: ``make(actor, document)`` → Action or None.

    ``document_kind`` as in core.outbox.kind_of ("sourcing.purchaseorder"). Where the document's own flow has no next
    step, the first offer that says it is primary is the one primary action of the page.
    """
    _offers.setdefault(document_kind, []).append((order, make))
    _offers[document_kind].sort(key=lambda pair: pair[0])


def offered(document_kind: str, document, actor: Actor) -> list[Action]:
    """What apps above offer on this document now."""
    return [found for _order, make in _offers.get(document_kind, []) if (found := make(actor, document)) is not None]


def one_primary(actions: list[Action]) -> list[Action]:
    """The same actions with at most one primary: the first."""
    first = next((action for action in actions if action.primary), None)
    return [action if action is first or not action.primary else replace(action, primary=False) for action in actions]


def stepper(flow: Flow, document, path: tuple[str, ...]) -> list[dict]:
    """The states of the usual way (``path``) as done, current or next; a state off that way comes last, as current."""
    state = getattr(document, flow.field)
    usual = [*path] if state in path else [path[0], state]
    here = usual.index(state)
    return [
        {
            "label": flow.states(one).label,
            "value": one,
            "is": "done" if n < here else "current" if n == here else "next",
        }
        for n, one in enumerate(usual)
    ]
