from django.db.models import F, Q

from finance.flows import InvoiceStatus, LetterStatus, PaymentStatus, PresentationStatus
from parties.querysets import CompanyQuerySet, DocumentQuerySet


class SupplierInvoiceQuerySet(DocumentQuerySet):
    hidden_states = (InvoiceStatus.DRAFT,)

    def open(self):
        """Posted, at least in part, and not fully paid."""
        return self.filter(
            status__in=InvoiceStatus.payable(),
            paid_amount__lt=F("amount") - F("advance_amount") - F("disputed_amount") - F("credited_amount"),
        )

    def overdue(self, *, on):
        return self.open().filter(due_date__lt=on)

    def of_order(self, order_id: int):
        lines = self.model.lines.rel.related_model.objects
        return self.filter(pk__in=lines.filter(order_line__order_id=order_id).values("invoice_id"))

    def of_shipment(self, shipment_id: int):
        """Invoices of its goods that name it, and bills of its charges."""
        charges = self.model.charges.rel.related_model.objects
        billed = charges.filter(shipment_id=shipment_id, invoice__isnull=False).values("invoice_id")
        return self.filter(Q(shipment_id=shipment_id) | Q(pk__in=billed))

    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text) | Q(supplier_number__icontains=text) | Q(supplier__name__icontains=text)
        )


class ChargeQuerySet(CompanyQuerySet):
    def current(self):
        return self.filter(cancelled=False)


class PaymentQuerySet(DocumentQuerySet):
    hidden_states = (PaymentStatus.DRAFT, PaymentStatus.APPROVED, PaymentStatus.CANCELLED)

    def search(self, text: str):
        return self.filter(Q(number__icontains=text) | Q(reference__icontains=text) | Q(party__name__icontains=text))


class LetterOfCreditQuerySet(DocumentQuerySet):
    """The beneficiary is named on a credit once the bank has issued it."""

    def standing(self):
        return self.filter(status__in=LetterStatus.standing())

    def issued(self):
        return self.filter(status=LetterStatus.ISSUED)

    def expired(self, *, on):
        """Issued, and its last day is past: nothing more can be drawn."""
        return self.issued().filter(expiry_date__lt=on)

    def to_decide(self):
        """With documents that are to be examined, or that do not comply and are neither waived nor refused."""
        waiting = self.model.presentations.rel.related_model.objects.undecided()
        return self.filter(pk__in=waiting.values("letter_id"))

    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text)
            | Q(bank_reference__icontains=text)
            | Q(order__number__icontains=text)
            | Q(supplier__name__icontains=text)
        )


class PresentationQuerySet(DocumentQuerySet):
    def undecided(self):
        return self.filter(status__in=PresentationStatus.undecided())

    def honoured(self):
        return self.filter(status__in=PresentationStatus.honoured())

    def live(self):
        """Not refused: the documents of an invoice are presented once."""
        return self.exclude(status=PresentationStatus.REFUSED)


class CustomerInvoiceQuerySet(CompanyQuerySet):
    def open(self):
        return self.filter(settled_date=None)

    def overdue(self, *, on):
        return self.open().filter(due_date__lt=on)

    def search(self, text: str):
        return self.filter(
            Q(number__icontains=text) | Q(order__number__icontains=text) | Q(customer__name__icontains=text)
        )
