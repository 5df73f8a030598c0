from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError

PAGING = {"limit", "offset", "after", "format"}


class StrictFilterBackend(DjangoFilterBackend):
    """The document's FilterSet, shared with the HTML list; a parameter it does not know is an error, not "all rows"."""

    def filter_queryset(self, request, queryset, view):
        filterset_class = self.get_filterset_class(view, queryset)
        known = set(filterset_class.base_filters) if filterset_class else set()
        unknown = sorted(set(request.query_params) - known - PAGING)
        if unknown:
            names = ", ".join(sorted(known)) or "none"
            raise ValidationError(
                {name: [f"Unknown parameter. This list knows: {names}, limit, offset."] for name in unknown}
            )
        for name, values in request.query_params.lists():
            if any("\x00" in value for value in values):
                raise ValidationError({name: ["A NUL character is not allowed."]})
        if known.isdisjoint(request.query_params):
            return queryset  # nothing is asked: no form need be built to say so
        return super().filter_queryset(request, queryset, view)
