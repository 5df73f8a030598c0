from parties.querysets import CompanyQuerySet


class ProductQuerySet(CompanyQuerySet):
    def active(self):
        return self.filter(active=True)
