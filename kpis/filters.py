"""Filters of the lists behind the numbers: a period, what a line is grouped by, and what became of it.

``result`` names exactly what a roll-up counts (kpis.facts.judge, kpis.facts.landed), so that a list holds as many rows
as the number that led to it says.
"""

from typing import Any

import django_filters as filters
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import ProductGroup
from core.documents import as_id
from core.models import Task
from inventory.models import Warehouse
from kpis.models import CashDay, LandedCostFact, OrderFact, OrderLineFact, Side
from ledger.models import Account, Posting, Purpose
from parties.models import Organisation
from parties.roles import STAFF_ROLES
from reference.incoterms import ALL_CHOICES
from reference.models import Country
from sourcing.models import Mode

UNKNOWN = "-"  # in an address; "" in the facts

_FAILED = Q(on_time=False) | Q(complete=False) | Q(undamaged=False) | Q(documented=False)
_JUDGED = (
    Q(on_time__isnull=False) | Q(complete__isnull=False) | Q(undamaged__isnull=False) | Q(documented__isnull=False)
)
_PERFECT = Q(on_time=True, complete=True, undamaged=True, documented=True)
_DUE = Q(on_time__isnull=False)
# Negations of nullable flags: Django adds IS NOT NULL inside, so an unknown flag is "not failed".
RESULTS = {
    "judged": (_("Judged: something is known"), _JUDGED),
    "held": (_("Judged, nothing failed"), _JUDGED & ~_FAILED),
    "perfect": (_("Perfect, all known"), _PERFECT),
    "pending": (_("Nothing failed, not all known yet"), _JUDGED & ~_FAILED & ~_PERFECT),
    "failed": (_("Something failed"), _FAILED),
    "due": (_("Due: on time or late"), _DUE),
    "on_time": (_("On time"), Q(on_time=True)),
    "late": (_("Late"), Q(on_time=False)),
    "otif": (_("On time and in full"), Q(otif=True)),
    "not_otif": (_("Due, but not on time and in full"), _DUE & ~Q(otif=True)),
    "not_late": (_("Judged, not late"), _JUDGED & ~Q(on_time=False)),
    "complete": (_("Judged, not incomplete"), _JUDGED & ~Q(complete=False)),
    "incomplete": (_("Incomplete"), Q(complete=False)),
    "undamaged": (_("Judged, not damaged"), _JUDGED & ~Q(undamaged=False)),
    "damaged": (_("Damaged or defective"), Q(undamaged=False)),
    "documented": (_("Judged, documents not wrong"), _JUDGED & ~Q(documented=False)),
    "undocumented": (_("Documents wrong or late"), Q(documented=False)),
    "provisional": (_("Judged, may still change"), _JUDGED & Q(final=False)),
    "final": (_("Final"), Q(final=True)),
}
_CHOICES = [(key, label) for key, (label, _q) in RESULTS.items()]


# "from" is a word of the language, so these two fields cannot be written as attributes.
Period: Any = type(
    "Period",
    (filters.FilterSet,),
    {
        "from": filters.DateFilter(label=_("From"), field_name="day", lookup_expr="gte"),
        "to": filters.DateFilter(label=_("To"), field_name="day", lookup_expr="lte"),
        "__module__": __name__,
    },
)


class KeyedFilter(Period):
    """Side, period, and the keys by which a fact can be grouped."""

    side = filters.ChoiceFilter(label=_("Side"), choices=Side)
    mode = filters.ChoiceFilter(label=_("Mode"), method="by_key")
    incoterm = filters.ChoiceFilter(label=_("Incoterm"), method="by_key")
    supplier = filters.ChoiceFilter(label=_("Supplier or warehouse"), method="by_key")
    country = filters.ChoiceFilter(label=_("Destination"), method="by_key")
    product_group = filters.ChoiceFilter(label=_("Product group"), method="by_key")

    KEYS = ("mode", "incoterm", "supplier", "country", "product_group")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        offered = {
            "mode": list(Mode.choices),
            "incoterm": list(ALL_CHOICES),
            "supplier": self._suppliers(),
            "country": [(one.pk, one.name) for one in Country.objects.order_by("name")],
            "product_group": list(self._own(ProductGroup).order_by("name").values_list("pk", "name")),
        }
        for name, pairs in offered.items():
            pairs = [(str(value), label) for value, label in pairs]
            asked = self.data.get(name, "") if self.data else ""
            if asked and asked not in (UNKNOWN, "*") and asked not in dict(pairs):
                pairs.append((asked, self._named(name, asked)))
            self.filters[name].extra["choices"] = [*pairs, (UNKNOWN, _("unknown")), ("*", _("several"))]

    def _own(self, model):
        return model.objects.filter(company_id=self.request.actor.company_id) if self.request else model.objects.none()

    def _suppliers(self):
        organisations = self._own(Organisation).filter(is_supplier=True).order_by("name").values_list("pk", "name")
        return [*organisations, *((f"w{pk}", name) for pk, name in self._own(Warehouse).values_list("pk", "name"))]

    def _named(self, name: str, asked: str) -> str:
        """A key that is not offered: the name of one of our organisations that sells us nothing now, else as it came."""
        key = as_id(asked) if name == "supplier" else None
        found = self._own(Organisation).filter(pk=key).values_list("name", flat=True).first() if key else None
        return found or asked

    def by_key(self, queryset, name, value):
        return queryset.filter(**{name: "" if value == UNKNOWN else value})


class JudgedFilter(KeyedFilter):
    result = filters.ChoiceFilter(label=_("Result"), choices=_CHOICES, method="by_result")

    def by_result(self, queryset, _name, value):
        return queryset.filter(RESULTS[value][1])


class OrderLineFilter(JudgedFilter):
    overdue = filters.BooleanFilter(label=_("Overdue and still owed"), method="only_overdue")

    class Meta:
        model = OrderLineFact
        fields: list[str] = []

    def only_overdue(self, queryset, _name, wanted):
        late = {"is_open": True, "day__lt": timezone.localdate()}
        return queryset.filter(**late) if wanted else queryset.exclude(**late)


class OrderFilter(JudgedFilter):
    overdue = filters.BooleanFilter(label=_("Overdue and still owed"), method="only_overdue")

    class Meta:
        model = OrderFact
        fields: list[str] = []

    def only_overdue(self, queryset, _name, wanted):
        lines = OrderLineFact.objects.filter(
            company_id=self.request.actor.company_id,
            side=OuterRef("side"),
            order_id=OuterRef("order_id"),
            is_open=True,
            day__lt=timezone.localdate(),
        )
        return queryset.filter(Exists(lines) if wanted else ~Exists(lines))


class LandedFilter(KeyedFilter):
    freight = filters.ChoiceFilter(
        label=_("Freight"),
        choices=[("known", _("known, counted")), ("unknown", _("not known yet, left out"))],
        method="by_freight",
    )

    class Meta:
        model = LandedCostFact
        fields: list[str] = []

    def by_freight(self, queryset, _name, value):
        return queryset.filter(freight_known=value == "known")


PostingPeriod: Any = type(
    "PostingPeriod",
    (filters.FilterSet,),
    {
        "from": filters.DateFilter(label=_("From"), field_name="entry__day", lookup_expr="gte"),
        "to": filters.DateFilter(label=_("To"), field_name="entry__day", lookup_expr="lte"),
        "__module__": __name__,
    },
)


class PostingFilter(PostingPeriod):
    """Postings of an account; "purchases" is what entered inventory because it became ours (as in CashDay)."""

    account = filters.ChoiceFilter(
        label=_("Account"),
        choices=[*Account.choices, (CashDay.PURCHASES, _("Material purchases"))],
        method="by_account",
    )
    purpose = filters.ChoiceFilter(label=_("Purpose"), field_name="entry__purpose", choices=Purpose)

    class Meta:
        model = Posting
        fields: list[str] = []

    def by_account(self, queryset, _name, value):
        if value == CashDay.PURCHASES:
            return queryset.filter(account=Account.INVENTORY, entry__purpose=Purpose.GOODS_OWNED)
        return queryset.filter(account=value)


class TaskFilter(filters.FilterSet):
    role = filters.ChoiceFilter(label=_("Role"), choices=list(STAFF_ROLES.items()))
    party = filters.ModelChoiceFilter(
        label=_("Outside party"), field_name="party_id", queryset=lambda request: _parties(request), method="by_party"
    )
    overdue = filters.BooleanFilter(label=_("Overdue"), method="only_overdue")

    class Meta:
        model = Task
        fields: list[str] = []

    def by_party(self, queryset, _name, party):
        return queryset.filter(party_id=party.pk)

    def only_overdue(self, queryset, _name, wanted):
        late = {"due_date__lt": timezone.localdate()}
        return queryset.filter(**late) if wanted else queryset.exclude(**late)


def _parties(request):
    return Organisation.objects.visible_to(request.actor) if request else Organisation.objects.none()
