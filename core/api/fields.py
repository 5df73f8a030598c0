"""Fields of the API: exact numbers and references by id or natural key."""

from decimal import Decimal

from rest_framework import serializers


class Quantity(serializers.DecimalField):
    """A quantity in a stated unit, as a decimal string."""

    def __init__(self, **kwargs):
        super().__init__(**{"max_digits": 14, "decimal_places": 4, "min_value": Decimal(0), **kwargs})


class UnitPrice(serializers.DecimalField):
    """A price per unit, as a decimal string."""

    def __init__(self, **kwargs):
        super().__init__(**{"max_digits": 18, "decimal_places": 6, "min_value": Decimal(0), **kwargs})


class Amount(serializers.DecimalField):
    """Money in the currency named beside it, as a decimal string."""

    def __init__(self, **kwargs):
        super().__init__(**{"max_digits": 18, "decimal_places": 4, **kwargs})


class Text(serializers.CharField):
    """A text that PostgreSQL can keep: no NUL."""

    def __init__(self, **kwargs):
        super().__init__(**{"trim_whitespace": True, **kwargs})


class Flag(serializers.BooleanField):
    """True or false, as JSON says it: neither 1 nor "yes"."""

    def to_internal_value(self, data):
        if data is not True and data is not False:
            self.fail("invalid", input=data)
        return data


class Id(serializers.IntegerField):
    """The id of a document or master."""

    def __init__(self, **kwargs):
        super().__init__(**{"min_value": 1, "max_value": 2**63 - 1, **kwargs})
