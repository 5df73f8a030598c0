from django.db import models
from django.utils.translation import gettext_lazy as _

from core.flow import Flow, Step


class InvoiceStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    POSTED = "posted", _("Posted")
    DISPUTED = "disputed", _("Disputed")
    CANCELLED = "cancelled", _("Cancelled")

    @classmethod
    def payable(cls):
        """States in which (part of) the invoice stands in payables."""
        return (cls.POSTED, cls.DISPUTED)


class PaymentStatus(models.TextChoices):
    DRAFT = "draft", _("Requested")
    APPROVED = "approved", _("Approved")
    PAID = "paid", _("Paid")
    RETURNED = "returned", _("Came back")
    CANCELLED = "cancelled", _("Cancelled")


SUPPLIER_INVOICE = Flow(
    InvoiceStatus,
    Step(
        "post",
        (InvoiceStatus.DRAFT,),
        InvoiceStatus.POSTED,
        "finance.post_supplierinvoice",
        _("Match and post"),
        "primary",
    ),
    Step(
        "dispute",
        (InvoiceStatus.DRAFT,),
        InvoiceStatus.DISPUTED,
        "finance.post_supplierinvoice",
        _("Post the undisputed part"),
    ),
    Step(
        "settle",
        (InvoiceStatus.DISPUTED,),
        InvoiceStatus.POSTED,
        "finance.settle_supplierinvoice",
        _("Settle the dispute"),
        "primary",
    ),
    Step(
        "cancel",
        (InvoiceStatus.DRAFT, InvoiceStatus.DISPUTED, InvoiceStatus.POSTED),
        InvoiceStatus.CANCELLED,
        "finance.post_supplierinvoice",
        _("Cancel"),
        "danger",
    ),
)

PAYMENT = Flow(
    PaymentStatus,
    Step("approve", (PaymentStatus.DRAFT,), PaymentStatus.APPROVED, "finance.approve_payment", _("Approve"), "primary"),
    Step("pay", (PaymentStatus.APPROVED,), PaymentStatus.PAID, "finance.add_payment", _("Record as paid"), "primary"),
    Step(
        "return",
        (PaymentStatus.PAID,),
        PaymentStatus.RETURNED,
        "finance.add_payment",
        _("The money came back"),
        "danger",
    ),
    Step(
        "cancel",
        (PaymentStatus.DRAFT, PaymentStatus.APPROVED),
        PaymentStatus.CANCELLED,
        "finance.add_payment",
        _("Cancel"),
        "danger",
    ),
)
