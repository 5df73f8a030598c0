from parties.querysets import CompanyQuerySet


class SupplierQuerySet(CompanyQuerySet):
    def on_hold(self):
        return self.exclude(hold="")
