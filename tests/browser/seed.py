"""Run by ``live_site`` on a fresh clone: the world of the factories with orders in every state, committed.

Prints JSON: a session cookie for each role and the ids that stories start from.
"""

import json
from datetime import timedelta
from decimal import Decimal

PASSWORD = "a-phone-in-ningbo"  # of the supplier's sales manager, who logs in like everybody


def seed() -> dict:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import connection
    from django.utils import timezone

    from core.actor import system
    from core.scope import scope
    from reference.models import ExchangeRate
    from sourcing import services
    from sourcing.flows import LineAnswer
    from sourcing.services.confirm import Answer
    from tests.browser.seed_letters import seed_letters
    from tests.browser.seed_sales import seed_sales
    from tests.factories import make_world
    from tests.factories_logistics import planned_shipment
    from tests.factories_quality import add_agency, planned_inspection
    from tests.kpis_pages.conftest import post

    today = timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute("SET transaction_timeout = 0")  # a busy machine may need longer than a request may
    with scope(system()):
        world = make_world()
        for quote, rate in (("USD", "1.0842"), ("CNY", "7.8125"), ("GBP", "0.8570")):
            ExchangeRate.objects.get_or_create(
                kind="market", base_id="EUR", quote_id=quote, date=today, source="ECB", defaults={"rate": Decimal(rate)}
            )
        buyer, supplier = world.actors["buyer"], world.actors["supplier"]

        def lines(scale=1, days=60):
            day = today + timedelta(days=days)
            return [
                services.LineInput(world.mug.pk, Decimal(1000 * scale), Decimal("3.20"), day),
                services.LineInput(world.bottle.pk, Decimal(480 * scale), Decimal("7.45"), day),
            ]

        def order(**changes):
            return world.order(**{"order_date": today, "lines": lines(), **changes})

        def sent(**changes):
            return services.issue_purchase_order(actor=buyer, order_id=order(**changes).pk, today=today)

        ids = {"draft": order().pk}
        big = order(lines=lines(12), incoterm="FCA")
        services.submit_purchase_order(actor=world.actors["junior"], order_id=big.pk, today=today)
        ids["submitted"] = big.pk
        ids["to_confirm"] = sent(remarks="Neutral cartons, five layers.\nPack bottles with the new insert.").pk
        changed = sent(lines=lines(2))
        mug, bottle = changed.lines.order_by("position")
        services.answer_purchase_order(
            actor=supplier,
            order_id=changed.pk,
            reference="HS-88121",
            remarks="Enamel line is full until the 3rd.",
            answers=[
                Answer(
                    mug.pk,
                    LineAnswer.CHANGED,
                    Decimal(1800),
                    Decimal("3.25"),
                    mug.requested_date + timedelta(days=9),
                    "Kiln maintenance",
                ),
                Answer(bottle.pk, LineAnswer.REJECTED, reason="No 750 ml mould before June"),
            ],
        )
        ids["to_decide"] = changed.pk
        agreed = sent(incoterm="FCA", lines=lines(3, 45))
        services.answer_purchase_order(
            actor=supplier,
            order_id=agreed.pk,
            reference="HS-88007",
            answers=[Answer(line.pk, LineAnswer.ACCEPTED) for line in agreed.lines.all()],
        )
        ids["confirmed"] = agreed.pk
        ids["of_supplier2"] = sent(supplier_id=world.supplier2.pk, named_place="Cat Lai").pk
        late = world.order_input(order_date=today - timedelta(days=80), number="PO-2026-90001", lines=lines(1, -6))
        ids["late"] = services.create_purchase_orders(actor=buyer, orders=[late])[0].pk
        services.issue_purchase_order(actor=buyer, order_id=ids["late"], today=today)
        services.answer_purchase_order(
            actor=supplier,
            order_id=ids["late"],
            answers=[Answer(pk, LineAnswer.ACCEPTED) for pk in _line_ids(ids["late"])],
        )
        agency = add_agency(world)
        ids["shipment"] = planned_shipment(world, agreed).pk
        ids["inspection"] = planned_inspection(world, agreed, inspector_id=agency.pk).pk
        ids |= seed_sales(world, today)
        ids |= seed_letters(world, today)
        post(world, agreed, today)  # something was sold before, so that cash-to-cash is a number
        world.users["supplier"].set_password(PASSWORD)
        world.users["supplier"].save()
        sessions = {}
        for role, user in world.users.items():
            session = SessionStore()
            session[SESSION_KEY] = str(user.pk)
            session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            session.save()
            sessions[role] = session.session_key
    return {"sessions": sessions, "orders": ids}


def _line_ids(order_id: int) -> list[int]:
    from sourcing.models import PurchaseOrderLine

    return list(PurchaseOrderLine.objects.filter(order_id=order_id).values_list("pk", flat=True))


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(seed()))  # noqa: T201
