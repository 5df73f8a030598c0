from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination

MOST = 10**9  # an offset beyond any list; a larger number is a mistake


class LimitOffset(LimitOffsetPagination):
    """``?limit=`` up to 200 and ``?offset=``; the order is total, so no row is doubled or left out."""

    default_limit = 50
    max_limit = 200

    def paginate_queryset(self, queryset, request, view=None):
        for name in (self.limit_query_param, self.offset_query_param):
            value = request.query_params.get(name)
            if value is not None and not (
                value.isdecimal() and value.isascii() and len(value) <= 10 and int(value) <= MOST
            ):
                raise ValidationError({name: [f"A whole number from 0 to {MOST}."]})
        query = getattr(queryset, "query", None)  # a list of what is no row has its order
        if query is not None and (not query.order_by or query.order_by[-1].lstrip("-") not in ("pk", "id")):
            queryset = queryset.order_by(*(query.order_by or ()), "pk")
        return super().paginate_queryset(queryset, request, view)

    def get_schema_operation_parameters(self, view):
        said = {"limit": f"Rows in one answer, {self.max_limit} at most.", "offset": "How many rows to pass over."}
        return [
            {
                **parameter,
                "description": said[parameter["name"]],
                "schema": {"type": "integer", "minimum": 0, "maximum": MOST},
            }
            for parameter in super().get_schema_operation_parameters(view)
        ]
