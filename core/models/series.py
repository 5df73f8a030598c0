from django.db import connection, models


class Series(models.Model):
    """A company's document numbers of one kind and year: PO-2026-00041."""

    company_id = models.BigIntegerField()
    prefix = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company_id", "prefix", "year"], name="core_series_once")]

    @classmethod
    def take(cls, *, company_id: int, prefix: str, year: int, count: int = 1) -> list[str]:
        """This will reserve the next ``count`` numbers; the row stays locked until commit, so none is lost or doubled."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO core_series AS s (company_id, prefix, year, last) VALUES (%s, %s, %s, %s) "
                "ON CONFLICT ON CONSTRAINT core_series_once DO UPDATE SET last = s.last + EXCLUDED.last RETURNING last",
                [company_id, prefix, year, count],
            )
            last = cursor.fetchone()[0]
        return [f"{prefix}-{year}-{number:05d}" for number in range(last - count + 1, last + 1)]
