"""States moved by people: one table per document, from which buttons, API actions, refusals and the database's guard follow."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import TransitionRefused
from core.text import Text


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table: ``name`` is the verb, allowed in the states ``source``, leads to ``target``."""

    name: str
    source: tuple[str, ...]
    target: str
    needs: str  # the permission
    label: Text = ""  # what the button says (lazy translation)
    style: str = "secondary"  # primary: the next thing to do; danger: ends the document
    outside: bool = False  # an outside party takes it in the portal


class Flow:
    """The steps of one document, in the order in which they are offered."""

    def __init__(self, states: type[models.TextChoices], *steps: Step, field: str = "status"):
        self.states, self.steps, self.field = states, {step.name: step for step in steps}, field
        self.leaving = {state: [step for step in steps if state in step.source] for state in states}

    def take(self, document: models.Model, name: str, actor: Actor) -> str:
        """This will move ``document`` by the step ``name`` and return the state it left.

        The caller has locked the row and saves it. Raises NotAllowed without the step's permission and
        TransitionRefused where the table has no such step from the document's state.
        """
        step = self.steps[name]
        actor.needs(step.needs)
        before = getattr(document, self.field)
        if before not in step.source:
            raise TransitionRefused(
                _("%(document)s is %(state)s; to %(step)s it, it must be %(allowed)s.")
                % {
                    "document": document,
                    "state": self.states(before).label.lower(),
                    "step": name.replace("_", " "),
                    "allowed": _(" or ").join(str(self.states(s).label).lower() for s in step.source),
                }
            )
        setattr(document, self.field, step.target)
        return before

    def available(self, document: models.Model, actor: Actor) -> list[Step]:
        """The steps this actor may take on the document as it stands: its buttons and its API ``actions``."""
        state = getattr(document, self.field)
        return [step for step in self.leaving.get(state, ()) if actor.can(step.needs)]

    def transitions(self) -> list[tuple[str, str]]:
        """Every (from, to) pair, for the database's guard (``pgtrigger.FSM``)."""
        return sorted(
            {(source, step.target) for step in self.steps.values() for source in step.source if source != step.target}
        )
