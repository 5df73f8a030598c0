"""Receiving goods, receipts and what goes back to suppliers."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Packaging, Product
from core.actor import Actor
from core.documents import as_id
from core.errors import NotVisible, RuleBroken
from core.outbox import kind_of
from core.web import attachments, history, timeline
from core.web.access import page
from core.web.actions import Action, offered, one_primary
from core.web.forms import form_page
from logistics import services, steps
from logistics.forms import CancelReceiptForm, GoesBackRows, ReceiptForm, ReceiveRows, SupplierReturnForm
from logistics.models import Receipt, Shipment, ShipmentStatus, SupplierReturn, SupplierReturnLine
from logistics.views.shipping import open_lines
from sourcing.flows import OPEN
from sourcing.models import PurchaseOrder

VIEW = "logistics.view_receipt"
ZERO = Decimal(0)


@dataclass
class Expected:
    """Goods that may come: of a line of a shipment, or of an order."""

    order_line_id: int
    shipment_line: int | None
    sku: str
    description: str
    unit_id: str
    order_number: str
    open: Decimal
    product_id: int
    codes: str = ""


def scan_codes(product_ids) -> dict[int, str]:
    """What a scanner may read on a product or its carton: SKU and GTINs."""
    found = {
        pk: {sku, gtin} for pk, sku, gtin in Product.objects.filter(pk__in=product_ids).values_list("pk", "sku", "gtin")
    }
    for pk, gtin in Packaging.objects.filter(product_id__in=product_ids).values_list("product_id", "gtin"):
        found[pk].add(gtin)
    return {pk: " ".join(sorted(code for code in codes if code and " " not in code)) for pk, codes in found.items()}


@page("logistics.add_receipt")
def choose(request):
    """What has come: a shipment, or goods of an order that came without one."""
    actor = request.actor
    shipments = (
        Shipment.objects.visible_to(actor)
        .exclude(status__in=(ShipmentStatus.RECEIVED, ShipmentStatus.CANCELLED))
        .select_related("forwarder", "origin", "destination")
        .prefetch_related("lines__supplier", "containers")
        .order_by("expected_arrival_date", "pk")[:50]
    )
    orders: dict[int, dict] = {}
    for line in open_lines(actor):
        row = orders.setdefault(line.order_id, {"order": line.order, "lines": 0, "promised": line.promised_date})
        row["lines"] += 1
    context = {
        "title": _("Receive goods"),
        "shipments": shipments,
        "orders": list(orders.values())[:50],
        "crumb_links": [(_("Receipts"), reverse("logistics:receipts"))],
        "today": timezone.localdate(),
    }
    return render(request, "logistics/receipt_choose.html", context)


@page("logistics.add_receipt")
def new(request):
    """``?shipment=`` or ``?order=``: everything expected is filled in; the clerk corrects what differs."""
    actor, shipment, order = request.actor, None, None
    shipment_id, order_id = as_id(request.GET.get("shipment")), as_id(request.GET.get("order"))
    if shipment_id is not None:
        shipment = Shipment.objects.visible_to(actor).filter(pk=shipment_id).first()
        expected, warehouse = _of_shipment(shipment)
        title = _("Receive %(document)s") % {"document": shipment}
    elif order_id is not None:
        order = PurchaseOrder.objects.visible_to(actor).filter(pk=order_id, status__in=OPEN).first()
        expected, warehouse = _of_order(actor, order)
        title = _("Receive goods of %(document)s") % {"document": order}
    else:
        return redirect("logistics:receipt_choose")
    form = ReceiptForm(
        request.POST or None, initial={"received_date": timezone.localdate(), "warehouse": warehouse}, actor=actor
    )
    rows = ReceiveRows(
        request.POST or None,
        prefix="lines",
        things=expected,
        initial=[{"accepted": one.open or None} for one in expected],
    )

    def save():
        try:
            return services.post_receipt(actor=actor, receipt=form.content(rows, shipment), today=timezone.localdate())
        except RuleBroken as error:
            raise rows.point(error, "accepted") from None

    return form_page(
        request,
        "logistics/receipt_form.html",
        form,
        lines=rows,
        context={
            "title": title,
            "shipment": shipment,
            "crumb_links": [(_("Receipts"), reverse("logistics:receipts"))],
            "cancel_url": (shipment or order).get_absolute_url(),
        },
        save=save,
        then=lambda made: made.get_absolute_url(),
    )


def _of_shipment(shipment: Shipment | None) -> tuple[list[Expected], int | None]:
    if shipment is None:
        raise NotVisible()
    lines = list(shipment.lines.select_related("order_line").order_by("pk"))
    codes = scan_codes({line.order_line.product_id for line in lines})
    expected = [
        Expected(
            order_line_id=line.order_line_id,
            shipment_line=line.pk,
            sku=line.sku,
            description=line.description,
            unit_id=line.unit_id,
            order_number=line.order_number,
            open=line.open_quantity,
            product_id=line.order_line.product_id,
            codes=codes.get(line.order_line.product_id, ""),
        )
        for line in lines
    ]
    return expected, shipment.warehouse_id


def _of_order(actor: Actor, order: PurchaseOrder | None) -> tuple[list[Expected], int | None]:
    if order is None:
        raise NotVisible()
    lines = [line for line in order.lines.order_by("position") if not line.cancelled]
    codes = scan_codes({line.product_id for line in lines})
    last = Receipt.objects.visible_to(actor).order_by("-pk").values_list("warehouse_id", flat=True).first()
    expected = [
        Expected(
            order_line_id=line.pk,
            shipment_line=None,
            sku=line.sku,
            description=line.description,
            unit_id=line.unit_id,
            order_number=order.number,
            open=max(line.quantity - line.received_quantity + line.returned_quantity, ZERO),
            product_id=line.product_id,
            codes=codes.get(line.product_id, ""),
        )
        for line in lines
    ]
    return expected, last


def fetch(actor: Actor, pk: int) -> Receipt:
    found = Receipt.objects.visible_to(actor).select_related("company", "supplier", "shipment", "warehouse")
    document = found.filter(pk=pk).first()
    if document is None:
        raise NotVisible()
    return document


@page(VIEW)
def receipt_page(request, pk: int):
    document, actor = fetch(request.actor, pk), request.actor
    lines = list(
        document.lines.select_related("order_line__order", "lot", "rejected_lot", "order_line__unit").order_by("pk")
    )
    back = SupplierReturn.objects.visible_to(actor).filter(receipt=document).order_by("pk")
    context = {
        "receipt": document,
        "lines": lines,
        "cost": sum((line.goods_cost for line in lines), ZERO),
        "base": document.company.base_currency_id,
        "sent_back": list(back.annotate(quantity=Sum("lines__quantity"))),
        "actions": next_steps(document, actor),
        "entries": timeline.of(actor, document),
        "changes": history.of(Receipt, document.pk),
        **attachments.shown_on(request, document),
    }
    return render(request, "logistics/receipt.html", context)


def next_steps(document: Receipt, actor: Actor) -> list[Action]:
    here = document.get_absolute_url()
    labels = {"send_back": _("Send goods back"), "cancel": _("Cancel the receipt")}
    found = [
        Action(name, labels[name], f"{here}{name.replace('_', '-')}/", danger=name == "cancel", post=False)
        for name in steps.of_receipt(document, actor)
    ]
    return one_primary(found + offered(kind_of(document), document, actor))


@page("logistics.cancel_receipt")
def cancel(request, pk: int):
    document = fetch(request.actor, pk)
    form = CancelReceiptForm(request.POST or None, document=document, initial={"day": timezone.localdate()})
    return form_page(
        request,
        "web/form.html",
        form,
        context={
            **_frame(document),
            "title": _("Cancel %(receipt)s") % {"receipt": document},
            "submit": _("Cancel the receipt"),
            "intro": _("Lots and postings are taken back by counter-entries. Possible only while nothing has left."),
        },
        save=lambda: services.cancel_receipt(
            actor=request.actor, receipt_id=document.pk, version=document.version, **form.values()
        ),
        then=lambda done: done.get_absolute_url(),
    )


@page("logistics.send_back")
def send_back(request, pk: int):
    document = fetch(request.actor, pk)
    lines: list[Any] = list(document.lines.select_related("order_line").order_by("pk"))
    sums = SupplierReturnLine.objects.filter(receipt_line__in=lines).order_by().values_list("receipt_line_id")
    gone = {pk: (total, bad) for pk, total, bad in sums.annotate(a=Sum("quantity"), b=Sum("rejected_quantity"))}
    for line in lines:
        total, bad = gone.get(line.pk, (ZERO, ZERO))
        line.bad_left, line.good_left = line.rejected_quantity - bad, line.accepted_quantity - (total - bad)
    lines = [line for line in lines if line.bad_left + line.good_left > 0]
    form = SupplierReturnForm(request.POST or None, initial={"returned_date": timezone.localdate()})
    first = [{"quantity": line.bad_left or None} for line in lines]
    rows = GoesBackRows(request.POST or None, prefix="lines", things=lines, initial=first)

    def save():
        wanted = [services.SupplierReturnLineInput(row.thing.pk, row.cleaned_data["quantity"]) for row in rows.kept()]
        try:
            return services.send_back(actor=request.actor, receipt_id=document.pk, lines=wanted, **form.cleaned_data)
        except RuleBroken as error:
            raise rows.point(error, "quantity") from None

    return form_page(
        request,
        "logistics/rows_form.html",
        form,
        lines=rows,
        context={
            **_frame(document),
            "title": _("Send goods of %(receipt)s back") % {"receipt": document},
            "submit": _("Send back"),
            "rows_heading": _("Goods"),
            "intro": _("What was rejected goes first. What is invoiced already becomes a claim on the supplier."),
        },
        save=save,
        then=lambda done: done.get_absolute_url(),
    )


def _frame(document: Receipt) -> dict:
    return {
        "crumb_links": [
            (_("Receipts"), reverse("logistics:receipts")),
            (document.number, document.get_absolute_url()),
        ],
        "cancel_url": document.get_absolute_url(),
    }


@page(VIEW)
def supplier_return_page(request, pk: int):
    found = (
        SupplierReturn.objects.visible_to(request.actor).select_related("company", "receipt__supplier").filter(pk=pk)
    )
    document = found.first()
    if document is None:
        raise NotVisible()
    lines = document.lines.select_related("receipt_line__order_line__unit").order_by("pk")
    context = {
        "document": document,
        "lines": lines,
        "base": document.company.base_currency_id,
        "entries": timeline.of(request.actor, document),
        **attachments.shown_on(request, document),
    }
    return render(request, "logistics/supplier_return.html", context)
