"""The fast reader answers exactly what DRF would."""

import pytest
from rest_framework import serializers

from core.api.read import ReadSerializer
from sourcing.api.serializers import OrderLineSerializer
from sourcing.models import PurchaseOrderLine

pytestmark = pytest.mark.django_db


class Slow(serializers.ModelSerializer):
    unit = serializers.CharField(source="unit_id", read_only=True)

    class Meta(OrderLineSerializer.Meta):
        pass


def test_it_answers_what_drf_answers(world):
    order = world.sent_order()
    lines = PurchaseOrderLine.objects.filter(order=order)
    assert issubclass(OrderLineSerializer, ReadSerializer)
    assert [dict(row) for row in OrderLineSerializer(lines, many=True).data] == [
        dict(row) for row in Slow(lines, many=True).data
    ]
