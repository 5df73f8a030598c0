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


class LetterStatus(models.TextChoices):
    """Of a letter of credit. Drafted by us and approved; then the bank issues it, and it is irrevocable."""

    DRAFT = "draft", _("Draft")
    APPROVED = "approved", _("Approved")
    ISSUED = "issued", _("Issued")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")

    @classmethod
    def standing(cls):
        """States in which it stands in the way of another credit for its order."""
        return (cls.DRAFT, cls.APPROVED, cls.ISSUED)


class PresentationStatus(models.TextChoices):
    PRESENTED = "presented", _("To be examined")
    COMPLYING = "complying", _("Complying")
    DISCREPANT = "discrepant", _("Discrepant")
    WAIVED = "waived", _("Discrepancies waived")
    REFUSED = "refused", _("Refused")

    @classmethod
    def undecided(cls):
        """States in which the five banking days run."""
        return (cls.PRESENTED, cls.DISCREPANT)

    @classmethod
    def honoured(cls):
        """States in which the bank pays, at sight or at maturity."""
        return (cls.COMPLYING, cls.WAIVED)


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

LETTER_OF_CREDIT = Flow(
    LetterStatus,
    Step(
        "approve",
        (LetterStatus.DRAFT,),
        LetterStatus.APPROVED,
        "finance.approve_letterofcredit",
        _("Approve"),
        "primary",
    ),
    Step(
        "issue",
        (LetterStatus.APPROVED,),
        LetterStatus.ISSUED,
        "finance.add_letterofcredit",
        _("Record as issued"),
        "primary",
    ),
    Step("amend", (LetterStatus.ISSUED,), LetterStatus.ISSUED, "finance.approve_letterofcredit", _("Amend")),
    Step("close", (LetterStatus.ISSUED,), LetterStatus.CLOSED, "finance.add_letterofcredit", _("Close")),
    Step(
        "cancel",
        (LetterStatus.DRAFT, LetterStatus.APPROVED, LetterStatus.ISSUED),
        LetterStatus.CANCELLED,
        "finance.add_letterofcredit",
        _("Cancel"),
        "danger",
    ),
)

P = PresentationStatus
PRESENTATION = Flow(
    P,
    Step("comply", (P.PRESENTED,), P.COMPLYING, "finance.add_letterofcredit", _("Examine"), "primary"),
    Step("differ", (P.PRESENTED,), P.DISCREPANT, "finance.add_letterofcredit", _("Examine")),
    Step("waive", (P.DISCREPANT,), P.WAIVED, "finance.approve_letterofcredit", _("Waive the discrepancies")),
    Step("refuse", (P.DISCREPANT,), P.REFUSED, "finance.approve_letterofcredit", _("Refuse the documents"), "danger"),
)  # the examination decides between the first two: nobody clicks the verdict
