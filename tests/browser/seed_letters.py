"""Letters of credit for the live site: a draft, one under which documents are to be examined, one that is discrepant."""

from datetime import date
from decimal import Decimal

from finance import services
from sourcing.models import PurchaseOrder
from sourcing.services import issue_purchase_order
from tests.factories import World
from tests.factories_finance import open_letter, term


def seed_letters(world: World, today: date) -> dict[str, int]:
    """The ids of the letters, by what there is to do."""
    sight = term(world, (100, "lc_sight", 0), code="LC")

    def ordered() -> PurchaseOrder:
        order = world.order(order_date=today, payment_term_id=sight.pk)
        return issue_purchase_order(actor=world.actors["buyer"], order_id=order.pk, today=today)

    def presented(packed: int):
        letter = open_letter(world, ordered(), fee_percent=Decimal("0.75"), fee_fixed=Decimal(150))
        lines = [services.GoodsLine(n.pk, n.quantity, n.unit_price) for n in letter.order.lines.all()]
        invoice = services.GoodsInvoice(letter.supplier_id, f"LC-{letter.pk}", today, letter.currency_id, lines)
        made = services.record_supplier_invoice(actor=world.actors["finance"], invoice=invoice)
        given = services.PresentationInput(
            made.pk, today, made.amount, letter.documents, shipped_date=today, packing_quantity=Decimal(packed)
        )
        return services.present_documents(
            actor=world.actors["finance"], letter_id=letter.pk, presentation=given, today=today
        )

    draft = open_letter(world, ordered(), issued=False)
    to_examine, discrepant = presented(1500), presented(1480)
    services.examine_documents(actor=world.actors["finance"], presentation_id=discrepant.pk, day=today, today=today)
    return {"lc_draft": draft.pk, "lc_to_examine": to_examine.letter_id, "lc_discrepant": discrepant.letter_id}
