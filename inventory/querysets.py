from django.db.models import Q

from parties.querysets import CompanyQuerySet


class LotQuerySet(CompanyQuerySet):
    def on_hand(self):
        return self.filter(quantity_on_hand__gt=0)

    def pickable(self):
        """Lots that a delivery may take from, oldest first (FIFO)."""
        return self.on_hand().filter(quality="ok").order_by("received_date", "id")

    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text) | Q(product__sku__icontains=text) | Q(product__name__icontains=text)
        )


class StockMoveQuerySet(CompanyQuerySet):
    def search(self, text: str):
        return self.filter(
            Q(lot__number__icontains=text) | Q(lot__product__sku__icontains=text) | Q(reason__icontains=text)
        )


class StockQuerySet(CompanyQuerySet):
    def search(self, text: str):
        return self.filter(Q(product__sku__icontains=text) | Q(product__name__icontains=text))
