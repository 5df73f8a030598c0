"""What a list may be asked: parameters it knows, each once, and values that mean something."""

from collections.abc import Collection

from django.http import QueryDict
from django_filters import BooleanFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError

PAGING = {"limit", "offset", "after", "format"}
MOST_VALUES = 200  # of one parameter that may be given several times


def check_parameters(asked: QueryDict, known: Collection[str], *, several: Collection[str] = ()) -> None:
    """This will refuse (400) what would silently widen the answer: parameters not ``known``, without a value, or given
    twice (but for ``several``). An empty search (``q``) finds everything, as it says.
    """
    wrong: dict[str, list[str]] = {}
    for name, values in asked.lists():
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            wrong[name] = [f"Unknown parameter. Known here: {names}."]
        elif len(values) > 1 and name not in several:
            wrong[name] = ["Give this parameter once."]
        elif len(values) > MOST_VALUES:
            wrong[name] = [f"At most {MOST_VALUES} values."]
        elif name != "q" and "" in values:
            wrong[name] = ["Give it a value, or leave it out."]
    if wrong:
        raise ValidationError(wrong)


class StrictFilterBackend(DjangoFilterBackend):
    """The document's FilterSet, shared with the HTML list; a parameter it does not know is an error, not "all rows"."""

    def filter_queryset(self, request, queryset, view):
        filterset_class = self.get_filterset_class(view, queryset)
        filters = filterset_class.base_filters if filterset_class else {}
        known, several = set(PAGING), set()
        for name, one in filters.items():
            suffixes = getattr(one.field_class.widget, "suffixes", None) or [""]
            known |= {f"{name}_{suffix}" if suffix else name for suffix in suffixes}
            if getattr(one.field_class.widget, "allow_multiple_selected", False):
                several.add(name)
        check_parameters(request.query_params, known, several=several)
        for name, one in filters.items():
            value = request.query_params.get(name, "")
            if isinstance(one, BooleanFilter) and value.lower() not in ("", "true", "false"):
                raise ValidationError({name: ["Say true or false."]})
        if (known - PAGING).isdisjoint(request.query_params):
            return queryset  # nothing is asked: no form need be built to say so
        return super().filter_queryset(request, queryset, view)
