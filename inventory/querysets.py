from parties.querysets import CompanyQuerySet


class LotQuerySet(CompanyQuerySet):
    def on_hand(self):
        return self.filter(quantity_on_hand__gt=0)

    def pickable(self):
        """Lots that a delivery may take from, oldest first (FIFO)."""
        return self.on_hand().filter(quality="ok").order_by("received_date", "id")
