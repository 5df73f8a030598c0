from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination


class LimitOffset(LimitOffsetPagination):
    """``?limit=`` up to 200 and ``?offset=``; the order is total, so no row is doubled or left out."""

    default_limit = 50
    max_limit = 200

    def paginate_queryset(self, queryset, request, view=None):
        for name in (self.limit_query_param, self.offset_query_param):
            value = request.query_params.get(name)
            if value is not None and not (value.isdecimal() and value.isascii() and int(value) <= 10**9):
                raise ValidationError({name: ["A whole number from 0 to 1000000000."]})
        if not queryset.query.order_by or queryset.query.order_by[-1].lstrip("-") not in ("pk", "id"):
            queryset = queryset.order_by(*(queryset.query.order_by or ()), "pk")
        return super().paginate_queryset(queryset, request, view)
