from django.db.models import Count, Q

from parties.querysets import CompanyQuerySet


class ProductGroupQuerySet(CompanyQuerySet):
    def active(self):
        return self.filter(active=True)

    def with_counts(self):
        """``product_count``: how many active products stand in the group."""
        return self.annotate(product_count=Count("products", filter=Q(products__active=True)))


class ProductQuerySet(CompanyQuerySet):
    def active(self):
        return self.filter(active=True)

    def search(self, text: str):
        """Every word stands in the number, a name, the barcode or the HS code."""
        found = self
        for word in text.split()[:5]:
            found = found.filter(
                Q(sku__icontains=word)
                | Q(name__icontains=word)
                | Q(name_zh__icontains=word)
                | Q(gtin__startswith=word)
                | Q(hs_code__startswith=word)
            )
        return found
