"""The lists behind the numbers: each holds exactly the lines, orders or entries that a number counts."""

from decimal import Decimal

from django.db.models import Case, CharField, F, OuterRef, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from core.actor import Actor
from core.models import Task
from core.web.lists import Column, DocumentList
from core.web.tasks import lead_where_allowed
from kpis.filters import LandedFilter, OrderFilter, OrderLineFilter, PostingFilter, TaskFilter
from kpis.models import LandedCostFact, OrderFact, OrderLineFact, Side
from kpis.selectors import work
from ledger.models import Posting
from logistics.models import Delivery, Receipt, Shipment
from parties.models import Organisation
from parties.roles import STAFF_ROLES
from sales.models import CustomerOrder
from sourcing.models import PurchaseOrder

VIEW = "kpis.view_kpi"


def _by_side(purchase, sales):
    """A column that stands in another table on either side; asked for the rows of the page only."""
    return Case(When(side=Side.PURCHASE, then=Subquery(purchase)), default=Subquery(sales), output_field=CharField())


def _of(model, key: str, field: str):
    return model.objects.filter(pk=OuterRef(key)).values(field)[:1]


def _named(facts):
    """Facts with the number of their order and who is on the other side of it."""
    return facts.annotate(
        number=_by_side(_of(PurchaseOrder, "order_id", "number"), _of(CustomerOrder, "order_id", "number")),
        party=_by_side(
            _of(PurchaseOrder, "order_id", "supplier__name"), _of(CustomerOrder, "order_id", "customer__name")
        ),
    )


class OrderLineList(DocumentList):
    """Order lines as they are judged: on time, complete, undamaged, documents right."""

    model = OrderLineFact
    title = _("Order lines, judged")
    permission = VIEW
    filterset_class = OrderLineFilter
    row_template = "kpis/order_line_row.html"
    order = ("-day", "-line_id")
    crumbs = ((_("Perfect order"), "kpis:perfect_order"),)
    empty_text = _("No order line has a promised day yet. Lines appear here once an order is sent or confirmed.")
    presets = (
        (_("Overdue and still owed"), "overdue=true"),
        (_("Something failed"), "result=failed"),
        (_("Purchase, late"), "side=purchase&result=late"),
        (_("Sales, late"), "side=sales&result=late"),
    )
    columns = (
        Column("number", _("Order")),
        Column("sku", _("Product")),
        Column("party", _("Party")),
        Column("day", _("Promised"), sort="day"),
        Column("ordered", _("Ordered"), sort="ordered", numeric=True),
        Column("quantity", _("Arrived"), sort="quantity", numeric=True),
        Column("last_day", _("Last arrival"), sort="last_day"),
        Column("on_time", _("On time"), sort="on_time"),
        Column("complete", _("Complete"), sort="complete"),
        Column("undamaged", _("Undamaged"), sort="undamaged"),
        Column("documented", _("Documents"), sort="documented"),
        Column("final", _("Final"), sort="final"),
    )

    def rows(self, actor):
        facts = OrderLineFact.objects.filter(company_id=actor.company_id)
        return _named(facts).annotate(sku=Subquery(_of(Product, "product_id", "sku")))

    def export_row(self, row):
        flags = (row.on_time, row.complete, row.undamaged, row.documented, row.final)
        return (
            row.number,
            row.sku,
            row.party,
            row.day,
            row.ordered,
            row.quantity,
            row.last_day,
            *map(_flag, flags),
        )

    def context(self, actor):
        return {"today": timezone.localdate()}


def _flag(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


class OrderFactList(DocumentList):
    """Whole orders as they are judged: a flag holds when it holds for every line."""

    model = OrderFact
    title = _("Orders, judged")
    permission = VIEW
    filterset_class = OrderFilter
    row_template = "kpis/order_row.html"
    order = ("-day", "-order_id")
    crumbs = ((_("Perfect order"), "kpis:perfect_order"),)
    empty_text = _("No order has a promised day yet. Orders appear here once they are sent or confirmed.")
    presets = (
        (_("Something failed"), "result=failed"),
        (_("Perfect, all known"), "result=perfect"),
        (_("Provisional"), "result=provisional"),
        (_("Purchase"), "side=purchase"),
        (_("Sales"), "side=sales"),
    )
    columns = (
        Column("number", _("Order")),
        Column("party", _("Party")),
        Column("day", _("Promised"), sort="day"),
        Column("lines", _("Lines"), sort="lines", numeric=True),
        Column("on_time", _("On time"), sort="on_time"),
        Column("complete", _("Complete"), sort="complete"),
        Column("undamaged", _("Undamaged"), sort="undamaged"),
        Column("documented", _("Documents"), sort="documented"),
        Column("final", _("Final"), sort="final"),
    )

    def rows(self, actor):
        return _named(OrderFact.objects.filter(company_id=actor.company_id))

    def export_row(self, row):
        flags = (row.on_time, row.complete, row.undamaged, row.documented, row.final)
        return (row.number, row.party, row.day, row.lines, *map(_flag, flags))


class LandedLineList(DocumentList):
    """What the goods of each receipt (or delivery) line cost at the door, and by how much the estimate was off."""

    model = LandedCostFact
    title = _("Landed cost by line")
    permission = VIEW
    filterset_class = LandedFilter
    row_template = "kpis/landed_row.html"
    order = ("-day", "-line_id")
    crumbs = ((_("Landed cost"), "kpis:landed_cost"),)
    empty_text = _("Nothing has been received or delivered yet.")
    presets = (
        (_("Received"), "side=purchase"),
        (_("Delivered"), "side=sales"),
        (_("Freight not known yet"), "freight=unknown"),
    )
    columns = (
        Column("document", _("Receipt or delivery")),
        Column("number", _("Order")),
        Column("sku", _("Product")),
        Column("day", _("Day"), sort="day"),
        Column("quantity", _("Quantity"), sort="quantity", numeric=True),
        Column("goods", _("Goods"), sort="goods", numeric=True),
        Column("freight", _("Freight"), sort="freight", numeric=True),
        Column("insurance", _("Insurance"), sort="insurance", numeric=True),
        Column("duty", _("Duty"), sort="duty", numeric=True),
        Column("other", _("Other"), sort="other", numeric=True),
        Column("landed", _("Landed"), sort="landed", numeric=True),
        Column("uplift", _("Uplift"), sort="uplift", numeric=True, unit="%"),
        Column("variance", _("Actual − estimate"), sort="variance", numeric=True),
    )

    def rows(self, actor):
        return landed_rows(actor)

    def totals(self, found):
        names = ("goods", "freight", "insurance", "duty", "other", "landed")
        sums = found.aggregate(**{f"sum_{name}": Sum(name) for name in names})
        return {name: money_text(sums[f"sum_{name}"]) for name in names}

    def export_row(self, row):
        uplift = None if row.uplift is None else round(row.uplift * 100, 4)
        return (
            row.document,
            row.number,
            row.sku,
            row.day,
            row.quantity,
            row.goods,
            row.freight,
            row.insurance,
            row.duty,
            row.other,
            row.landed,
            uplift,
            row.variance,
        )


def landed_rows(actor):
    """Landed-cost facts of the actor's company with the names a row shows."""
    facts = _named(LandedCostFact.objects.filter(company_id=actor.company_id))
    return facts.annotate(
        document=_by_side(_of(Receipt, "document_id", "number"), _of(Delivery, "document_id", "number")),
        sku=Subquery(_of(Product, "product_id", "sku")),
        uplift=Case(When(goods__gt=0, then=(F("landed") - F("goods")) / F("goods"))),
        variance=F("actual") - F("estimated"),
    )


def money_text(value: Decimal | None) -> str:
    return number_format(value or Decimal(0), decimal_pos=2, force_grouping=True)


class CashPostingList(DocumentList):
    """The postings that move a balance or a flow of cash-to-cash."""

    model = Posting
    title = _("Ledger postings")
    permission = "ledger.view_entry"
    filterset_class = PostingFilter
    row_template = "kpis/posting_row.html"
    order = ("-entry__day", "-entry_id")
    crumbs = ((_("Cash-to-cash"), "kpis:cash_to_cash"),)
    empty_text = _("Nothing has been posted yet.")
    columns = (
        Column("entry__day", _("Day"), sort="entry__day"),
        Column("entry__source_number", _("Document"), sort="entry__source_number"),
        Column("entry__purpose", _("Purpose"), sort="entry__purpose"),
        Column("entry__party", _("Party")),
        Column("account", _("Account"), sort="account"),
        Column("amount", _("Amount"), sort="amount", numeric=True),
        Column("document_amount", _("In the document"), numeric=True),
        Column("currency", _("Currency")),
    )

    def rows(self, actor):
        postings = Posting.objects.filter(entry__company_id=actor.company_id)
        return postings.select_related("entry__party")

    def totals(self, found):
        return {"amount": money_text(found.aggregate(sum=Sum("amount"))["sum"])}


class LateShipmentList(DocumentList):
    """Shipments that have not arrived and are behind plan."""

    model = Shipment
    title = _("Late shipments")
    permission = "logistics.view_shipment"
    row_template = "kpis/late_shipment_row.html"
    order = ("-slip", "eta")
    crumbs = ((_("Control tower"), "kpis:home"),)
    empty_text = _("No shipment is late.")
    columns = (
        Column("number", _("Shipment"), sort="number"),
        Column("origin", _("From")),
        Column("destination", _("To")),
        Column("forwarder", _("Forwarder"), sort="forwarder__name"),
        Column("status", _("Status"), sort="status"),
        Column("planned_departure_date", _("Planned departure"), sort="planned_departure_date"),
        Column("departed_date", _("Departed"), sort="departed_date"),
        Column("planned_arrival_date", _("Planned arrival"), sort="planned_arrival_date"),
        Column("expected_arrival_date", _("Expected arrival"), sort="expected_arrival_date"),
        Column("slip", _("Slip"), sort="slip", unit=_("days"), numeric=True),
    )

    def rows(self, actor):
        late = work.slipped(work.late_shipments(actor, today=timezone.localdate()))
        return late.select_related("origin", "destination", "forwarder")

    def context(self, actor):
        return {"today": timezone.localdate()}

    def export_row(self, row):
        return (
            row.number,
            row.origin and row.origin.name,
            row.destination and row.destination.name,
            row.forwarder and row.forwarder.name,
            row.get_status_display(),
            row.planned_departure_date,
            row.departed_date,
            row.planned_arrival_date,
            row.expected_arrival_date,
            row.slip.days if row.slip else None,
        )


class OpenTaskList(DocumentList):
    """Everything anybody has to do, and who it is."""

    model = Task
    title = _("Who acts next")
    permission = VIEW
    filterset_class = TaskFilter
    row_template = "kpis/task_row.html"
    order = (F("due_date").asc(nulls_last=True), "id")
    crumbs = ((_("Control tower"), "kpis:home"),)
    empty_text = _("Nobody has anything to do: no document waits for anyone.")
    presets = ((_("Overdue"), "overdue=true"),)
    columns = (
        Column("title", _("What")),
        Column("document_number", _("Document"), sort="document_number"),
        Column("who", _("Who")),
        Column("due_date", _("Due"), sort="due_date"),
    )

    def rows(self, actor):
        party = Organisation.objects.visible_to(actor).filter(pk=OuterRef("party_id")).values("name")[:1]
        roles = [When(role=role, then=Value(str(name))) for role, name in STAFF_ROLES.items()]
        return work.open_tasks(actor).annotate(
            who=Coalesce(Subquery(party), Case(*roles, default=F("role"), output_field=CharField()))
        )

    def context(self, actor):
        return {"today": timezone.localdate()}

    def dress(self, rows, actor):
        lead_where_allowed(actor, rows)


PAGES = {  # whose page needs which permission
    "logistics:receipt": "logistics.view_receipt",
    "logistics:delivery": "logistics.view_delivery",
    "logistics:shipment": "logistics.view_shipment",
    "sourcing:purchase_order": "sourcing.view_purchaseorder",
    "sales:customer_order": "sales.view_customerorder",
}


def link(actor: Actor, name: str, *args) -> str:
    """The address of a page; empty where the actor may not open it."""
    return reverse(name, args=args) if actor.can(PAGES[name]) else ""
