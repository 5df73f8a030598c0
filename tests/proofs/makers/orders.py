"""Purchase orders, the inspections and files of their goods, and what customers order."""

from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile

from core import files
from core.models import Attachment
from finance import services as finance
from logistics import services as logistics
from quality import services as quality
from sourcing import services as sourcing
from sourcing.services.confirm import Answer
from tests import factories_quality
from tests.factories import TODAY
from tests.proofs.makers.owner import Owner, maker

D = Decimal


@maker("sourcing.purchaseorder", "supplier")
def _order(owner: Owner):
    return owner.ordered()


@maker("sourcing.purchaseorder:secured", "supplier")
def _order_secured(owner: Owner):
    """One whose payment term names a letter of credit, and that has none."""
    return owner.ordered(payment_term_id=owner.credit_term.pk)


@maker("sourcing.purchaseorder:advanced", "supplier")
def _order_advanced(owner: Owner):
    """One whose deposit is paid, and no invoice has consumed."""
    order = owner.ordered(payment_term_id=owner.deposit_term.pk)
    answers = [Answer(line.pk, "accepted") for line in order.lines.all()]
    order = sourcing.answer_purchase_order(**owner.by(owner.party), order_id=order.pk, answers=answers)
    given = finance.PaymentInput(order.supplier_id, TODAY, [finance.Settle(D("20.00"), order_id=order.pk)])
    asked = finance.request_payment(**owner.by("finance"), payment=given)
    finance.approve_payment(**owner.by("approver"), payment_id=asked.pk)
    finance.pay_payment(**owner.by("finance"), payment_id=asked.pk, day=TODAY)
    return order


@maker("finance.payment:refund", "supplier")
def _refund(owner: Owner):
    refund = finance.Refund(_order_advanced(owner).pk, D("3.00"), TODAY, owner.word)
    return finance.record_refund(**owner.by("finance"), refund=refund)


@maker("sourcing.purchaseorder:draft")
def _order_draft(owner: Owner):
    return owner.drafted()


@maker("sourcing.purchaseorder:submitted")
def _order_submitted(owner: Owner):
    return owner.submitted()


@maker("sourcing.purchaseorder:approved")
def _order_approved(owner: Owner):
    return sourcing.approve_purchase_order(**owner.by("approver"), order_id=owner.submitted().pk)


@maker("sourcing.purchaseorder:answered", "supplier")
def _order_answered(owner: Owner):
    order = owner.ordered()
    answers = [Answer(line.pk, "changed", quantity=D(90), reason=owner.word) for line in order.lines.all()]
    return sourcing.answer_purchase_order(**owner.by(owner.party), order_id=order.pk, answers=answers)


@maker("sourcing.purchaseorder:closed", "supplier")
def _order_closed(owner: Owner):
    return sourcing.close_purchase_order(**owner.by("buyer"), order_id=owner.ordered().pk, reason=owner.word)


def _planned(owner: Owner):
    agency = owner.world.actors["inspector"].party_id if owner.first else None
    return factories_quality.planned_inspection(owner.world, owner.ordered(), inspector_id=agency, place=owner.word)


@maker("quality.inspection", "supplier", "inspector")
def _inspection(owner: Owner):
    return _planned(owner)


@maker("quality.inspection:failed", "supplier", "inspector")
def _inspection_failed(owner: Owner):
    return quality.report_inspection(
        **owner.by("quality"),
        inspection_id=_planned(owner).pk,
        inspected_date=TODAY,
        made_pct=D(100),
        packed_pct=D(95),
        findings=[quality.FindingInput("major", owner.word, 50)],
        report=owner.word,
    )


@maker("core.attachment", "supplier")
def _file(owner: Owner):
    file = SimpleUploadedFile(f"{owner.word}.txt", f"{owner.word} says so".encode(), "text/plain")
    order = owner.ordered()
    files.attach(**owner.by("buyer"), document=order, file=file, name=f"{owner.word}.txt", shared=True)
    files.write_note(**owner.by("buyer"), document=order, text=owner.word, shared=True)
    return Attachment.objects.get(name=f"{owner.word}.txt", company_id=owner.world.company.pk)


@maker("sales.customer")
def _customer(owner: Owner):
    return owner.profile


@maker("sales.customerorder")
def _customer_order(owner: Owner):
    return owner.sold(confirmed=False)


@maker("sales.customerorder:confirmed")
def _customer_order_confirmed(owner: Owner):
    return owner.sold(confirmed=True)


@maker("logistics.delivery")
def _delivery(owner: Owner):
    return owner.delivery


@maker("logistics.delivery:under_way")
def _delivery_under_way(owner: Owner):
    return owner.sent(arrived=None)


@maker("logistics.customerreturn")
def _customer_return(owner: Owner):
    lines = [logistics.CustomerReturnLineInput(line.pk, D(1)) for line in owner.delivery.lines.all()]
    return logistics.take_back(
        **owner.by("logistics"),
        order_id=owner.delivery.order_id,
        lines=lines,
        reason="damaged",
        returned_date=TODAY,
        remarks=owner.word,
    )


@maker("finance.customerinvoice")
def _customer_invoice(owner: Owner):
    return owner.invoiced


@maker("finance.collection")
def _collection(owner: Owner):
    settled = [finance.Settled(owner.invoiced.pk, D("2.00"))]
    collection = finance.Collection(owner.customer.pk, TODAY, settled, owner.word)
    return finance.collect(**owner.by("finance"), collection=collection)


@maker("finance.creditnote")
def _credit_note(owner: Owner):
    credit = finance.Credit(owner.invoiced.pk, D("1.00"), TODAY, "goodwill", remarks=owner.word)
    return finance.credit_invoice(**owner.by("finance"), credit=credit)
