"""Filters that several apps' lists share, on pages and in the API alike."""

import django_filters as filters
from django import forms
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field


@extend_schema_field(OpenApiTypes.INT64)
class IdFilter(filters.NumberFilter):
    """The rows of one document, by its id."""

    field_class = forms.IntegerField

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"min_value": 1, "max_value": 2**63 - 1, **kwargs})


class CodeFilter(filters.CharFilter):
    """What has a code (EUR, NL), written in any case. ``field_name`` is the column that holds the code."""

    def filter(self, queryset, value):
        return super().filter(queryset, value.upper())
