"""A grid with one row for each of some known things (order lines to ship, goods to receive): which, decides the server.

::

    class ReceiveRow(RowForm):
        accepted = DecimalField(label=_("Accepted"), required=False)

        def title(self):                 # what stands at the head of the row: (code, name)
            return self.thing.sku, self.thing.description

        def facts(self):                 # read-only cells: (heading, value)
            return [(_("Open"), qty(self.thing.open_quantity))]

    rows = row_set(ReceiveRow)(request.POST or None, prefix="lines", things=lines, initial=[…])

The template is web/_rows.html; ``kept()`` are the rows that count, ``point(error)`` leads a refusal to them.
"""

from collections.abc import Sequence
from typing import cast

from django import forms

from core.errors import RuleBroken
from core.web.forms import Form


class RowForm(Form):
    def __init__(self, *args, thing=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.thing = thing

    def title(self) -> tuple[str, str]:
        return str(self.thing), ""

    def facts(self) -> list[tuple[str, object]]:
        return []

    def codes(self) -> str:
        """What a scanner may read on these goods, separated by blanks."""
        return ""

    def counts(self) -> bool:
        """Whether the row, validated, is one of those to send."""
        return True


class Rows(forms.BaseFormSet):
    """As many rows as there are things, whatever the browser says."""

    def __init__(self, *args, things: Sequence, **kwargs):
        self.things = list(things)
        super().__init__(*args, **kwargs)

    def get_form_kwargs(self, index):
        return {"thing": self.things[index] if index is not None and index < len(self.things) else None}

    def total_form_count(self) -> int:
        return len(self.things)

    def initial_form_count(self) -> int:
        return len(self.things)

    def headings(self) -> list[str]:
        return [heading for heading, _value in self.forms[0].facts()] if self.forms else []

    def kept(self) -> list[RowForm]:
        return [form for form in self.forms if getattr(form, "cleaned_data", None) and form.counts()]

    def point(self, error: RuleBroken, field: str = "") -> RuleBroken:
        """The same refusal with its pointers at the rows shown: the service knows only the rows that were sent."""
        shown = {number: self.forms.index(form) for number, form in enumerate(self.kept())}
        for one in error.errors:
            parts = one["pointer"].strip("/").split("/")
            if len(parts) >= 2 and parts[0] == "lines" and parts[1].isdigit() and int(parts[1]) in shown:
                named = parts[2] if len(parts) > 2 and parts[2] in self.form.base_fields else field
                one["pointer"] = f"/lines/{shown[int(parts[1])]}/{named or next(iter(self.form.base_fields))}"
        return error


def row_set(form: type[RowForm]) -> type[Rows]:
    return cast(type[Rows], forms.formset_factory(form, formset=Rows, extra=0, max_num=2000, absolute_max=2000))
