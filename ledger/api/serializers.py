from rest_framework import serializers

from core.api.read import Address, ReadSerializer
from ledger.models import Entry, Period, Posting


class PostingSerializer(ReadSerializer):
    class Meta:
        model = Posting
        fields = ["account", "amount", "currency", "document_amount"]
        read_only_fields = fields


class EntrySerializer(ReadSerializer):
    url = Address("api:entry-detail")
    postings = PostingSerializer(many=True, read_only=True)

    class Meta:
        model = Entry
        fields = [
            "id", "url", "day", "purpose", "source_kind", "source_id", "source_number", "party", "memo", "posted_at",
            "posted_by", "postings",
        ]  # fmt: skip
        read_only_fields = fields


class PeriodSerializer(ReadSerializer):
    class Meta:
        model = Period
        fields = ["id", "first_date", "last_date", "closed_at", "closed_by"]
        read_only_fields = fields


class YearBody(serializers.Serializer):
    year = serializers.IntegerField(min_value=1990, max_value=2200)
