from django.db.models import Q

from parties.querysets import CompanyQuerySet
from sales.flows import CustomerOrderStatus


class CustomerOrderQuerySet(CompanyQuerySet):
    def open(self):
        return self.filter(status=CustomerOrderStatus.CONFIRMED)

    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text) | Q(customer__name__icontains=text) | Q(customer_reference__icontains=text)
        )
