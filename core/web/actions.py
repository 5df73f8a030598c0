"""Buttons that follow from a document's flow."""

from collections.abc import Callable
from dataclasses import dataclass

from core.actor import Actor
from core.flow import Flow, Step


@dataclass(frozen=True)
class Action:
    """``post``: the button sends a form (a step); otherwise it is a link to a page (a form to fill in)."""

    name: str
    label: str
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
