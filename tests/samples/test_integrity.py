"""``check_integrity`` on the sample world: nothing to find, and each thread that is cut is named."""

from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from core.actor import system
from core.scope import scope
from tests.core.chain import own_database

pytestmark = pytest.mark.volume


@pytest.fixture(scope="module")
def sample(worker_id, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), own_database(f"integrity_{worker_id}"):
        call_command("load_sample_data", orders=5, seed=4, verbosity=0)
        yield


@contextmanager
def undone():
    """Whatever is done inside is taken back."""
    with scope(system()):
        yield
        transaction.set_rollback(True)


def check() -> tuple[int, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("check_integrity", stdout=out, stderr=err)
    except SystemExit as end:
        return end.code, err.getvalue()
    return 0, out.getvalue()


def test_the_sample_world_has_no_orphans(sample):
    status, said = check()
    assert status == 0 and said.startswith("Nothing found:"), said


RECEIVED = "SELECT shipment_line_id FROM logistics_receiptline WHERE shipment_line_id IS NOT NULL ORDER BY 1 LIMIT 1"
CUTS = {
    "a shipment line moved to another shipment": (
        f"UPDATE logistics_shipmentline s SET shipment_id = (SELECT id FROM logistics_shipment h WHERE h.id <> s.shipment_id LIMIT 1) "
        f"WHERE id = ({RECEIVED}) RETURNING (SELECT min(id) FROM logistics_receiptline WHERE shipment_line_id = s.id)",
        "receipt lines of a shipment name no line of it: {id}",
    ),
    "a shipment line of another order": (
        "UPDATE logistics_shipmentline s SET order_id = (SELECT id FROM sourcing_purchaseorder o WHERE o.id <> s.order_id LIMIT 1) "
        f"WHERE id = ({RECEIVED}) RETURNING id",
        "1 shipment lines belong to another order than their order line does: {id}.",
    ),
    "a receipt line without its shipment line": (
        f"UPDATE logistics_receiptline SET shipment_line_id = NULL WHERE id = (SELECT min(id) FROM logistics_receiptline r "
        f"WHERE shipment_line_id = ({RECEIVED})) RETURNING id",
        "1 receipt lines of a shipment name no line of it: {id}.",
    ),
    "a shipment without lines": (
        'INSERT INTO logistics_shipment SELECT (jsonb_populate_record(h, \'{"id": 999999, "number": "SH-LOST"}\')).* '
        "FROM logistics_shipment h WHERE status <> 'cancelled' LIMIT 1 RETURNING id",
        "1 shipments have no lines: {id}.",
    ),
    "a party named on an order that is gone": (
        "UPDATE parties_documentparty SET document_id = 999999 WHERE id = (SELECT min(id) FROM parties_documentparty) "
        "RETURNING document_id",
        "1 rows of parties_documentparty name a document",
    ),
    "received and not on the order": (
        "UPDATE sourcing_purchaseorderline SET received_quantity = received_quantity + 1 WHERE id = "
        "(SELECT max(id) FROM sourcing_purchaseorderline WHERE received_quantity > 0) RETURNING id",
        "1 purchase order lines do not show as received what their receipts add up to: {id}.",
    ),
    "a deposit that nobody paid": (
        "UPDATE sourcing_purchaseorder SET deposit_paid = deposit_paid + 1 WHERE id = "
        "(SELECT min(id) FROM sourcing_purchaseorder WHERE deposit_paid > 0) RETURNING id",
        "1 orders do not show as deposit what was paid of it, less refunds: {id}.",
    ),
    "drawn and not presented": (
        "UPDATE finance_letterofcredit SET drawn_amount = drawn_amount + 1 WHERE id = "
        "(SELECT min(id) FROM finance_letterofcredit) RETURNING id",
        "1 letters of credit do not show as drawn what their presentations drew: {id}.",
    ),
    "a lot with a unit too many": (
        "UPDATE inventory_lot SET quantity_on_hand = quantity_on_hand - 1 WHERE id = "
        "(SELECT max(id) FROM inventory_lot WHERE quantity_on_hand > 1) RETURNING id",
        "1 lots hold another quantity than their moves add up to: {id}.",
    ),
    "a cent too many in a lot": (
        "UPDATE inventory_lot SET cost_total = cost_total + 0.01 WHERE id = (SELECT max(id) FROM inventory_lot) RETURNING id",
        "1 lots cost something else than their layers add up to: {id}.",
    ),
    "a payment of a cent too many": (
        "UPDATE finance_payment SET amount = amount + 0.01 WHERE id = (SELECT max(payment_id) FROM finance_paymentallocation) "
        "RETURNING id",
        "1 payments pay something else than their parts, less discounts, add up to: {id}.",
    ),
    "an invoice paid by a cent too few": (
        "UPDATE finance_supplierinvoice SET paid_amount = paid_amount - 0.01 WHERE id = "
        "(SELECT max(id) FROM finance_supplierinvoice WHERE paid_amount > 1) RETURNING id",
        "1 supplier invoices do not show as paid what payments settled of them: {id}.",
    ),
    "a day of a roll-up": (
        "UPDATE kpis_landedday SET goods = goods + 0.01, landed = landed + 0.01 WHERE id = (SELECT max(id) FROM kpis_landedday WHERE lines_known > 0) RETURNING day",
        "1 days of landed-cost roll-ups add up to something else by a dimension than in total: {id}.",
    ),
}


@pytest.mark.parametrize("cut", CUTS)
def test_what_is_cut_is_named(sample, cut):
    statement, sentence = CUTS[cut]
    with undone():
        with connection.cursor() as cursor:
            cursor.execute(statement)
            (found,) = cursor.fetchone()
        status, said = check()
    assert status == 1 and sentence.format(id=found) in said, said
    assert check()[0] == 0, "nothing was wrong before"
