"""The shipment record as documents: orders, shipments, receipts, deliveries and charges, in bulk through the services.

Direct-drop rows were bought and shipped to the country: purchase order → shipment → receipt at the country's own warehouse.
Warehouse rows left the regional warehouse, which names neither vendor nor purchase date: opening stock worth what the
record says its rows are → customer order → delivery. The record has no invoices: freight and insurance stand as accrued
charges, each on exactly the lines it names.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from zlib import crc32

from catalog.models import Product, ProductGroup
from core.actor import Actor
from core.errors import RuleBroken
from core.money import allocate
from finance.services import ChargeInput, estimate_charges
from inventory.models import Component, Warehouse
from inventory.services import OpeningStock, import_opening_stock
from ledger.services import open_year
from logistics.models import DeliveryLine, ReceiptLine
from logistics.services import ReceiptInput, ReceiptLineInput, post_receipts
from logistics.services.deliveries import DeliveryInput, DeliveryLineInput, ship_deliveries
from logistics.services.shipments import ShipmentInput, ShipmentLineInput, plan_shipments
from parties.models import Company, Organisation
from reference.models import Country
from sales import services as sales
from sales.models import CustomerOrder, CustomerOrderLine
from samples.history.rows import Row
from sourcing import services as sourcing
from sourcing.models import PurchaseOrder, PurchaseOrderLine

CURRENCY = "USD"
MODES = {"Air": "air", "Air Charter": "air_charter", "Ocean": "sea", "Truck": "road", "N/A": ""}
# How the record calls countries that our table of countries calls otherwise.
COUNTRIES = {"Congo, DRC": "CD", "Côte d'Ivoire": "CI", "Swaziland": "SZ"}
PLACES = {"EXW": "the factory", "FCA": "the carrier"}  # the record gives no named place; the rest end in the country

Progress = Callable[[str, int], None]


@dataclass
class History:
    """The company's masters for the record, by the record's own names, and the rows to be written."""

    actor: Actor
    vendors: dict[str, Organisation] = field(default_factory=dict)
    clients: dict[str, Organisation] = field(default_factory=dict)
    countries: dict[str, str] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    warehouses: dict[str, Warehouse] = field(default_factory=dict)
    bought: list[Row] = field(default_factory=list)
    sold: list[Row] = field(default_factory=list)
    lines: dict[int, int] = field(default_factory=dict)  # the record's ID → receipt line or delivery line


def prepare(*, actor: Actor, rows: list[Row]) -> History:
    """This will make the masters and open the years that the rows need, and find those whose orders are not there yet.

    Raises RuleBroken for a country or a mode that is not known.
    """
    history = _masters(actor, rows)
    known = set(PurchaseOrder.objects.filter(company_id=actor.company_id).values_list("number", flat=True)) | set(
        CustomerOrder.objects.filter(company_id=actor.company_id).values_list("number", flat=True)
    )
    new = [row for row in rows if row.order not in known]
    history.bought, history.sold = [row for row in new if row.direct], [row for row in new if not row.direct]
    if new:
        for year in range(min(_ordered(row) for row in new).year, max(row.delivered for row in new).year + 1):
            open_year(company_id=actor.company_id, year=year)
    return history


def import_bought(history: History, progress: Progress) -> None:
    """This will write the rows that were bought and shipped to the country. All of them, or none."""
    _direct(history, history.bought, progress)
    _charges(history, history.bought, progress)


def import_sold(history: History, progress: Progress) -> None:
    """This will write the rows that left the warehouse. All of them, or none."""
    _from_warehouse(history, history.sold, progress)
    _charges(history, history.sold, progress)


def _masters(actor: Actor, rows: list[Row]) -> History:
    history = History(actor)
    company = Company.objects.filter(pk=actor.company_id).first()
    names = dict(Country.objects.values_list("name", "code"))
    for name in {row.country for row in rows}:
        code = COUNTRIES.get(name) or names.get(name)
        if code is None:
            raise RuleBroken(f"The country “{name}” of the record is not known.")
        history.countries[name] = code
    unknown = {row.mode for row in rows} - set(MODES)
    if unknown:
        raise RuleBroken(f"The shipment mode “{unknown.pop()}” of the record is not known.")
    groups = {
        name: ProductGroup.objects.get_or_create(company=company, code=name.lower(), defaults={"name": name})[0]
        for name in sorted({row.group for row in rows})
    }
    have = {p.name: p for p in Product.objects.filter(company=company)}
    items = {row.item: row for row in rows}
    missing = [name for name in sorted(items) if name[:250] not in have]
    made = Product.objects.bulk_create(
        Product(company=company, sku=_code("", name), name=name[:250], group=groups[items[name].group], unit_id="pcs")
        for name in missing
    )
    have |= {p.name: p for p in made}
    history.products = {name: have[name[:250]] for name in items}
    vendors = {row.vendor for row in rows if row.direct}
    history.vendors = _organisations(company, "V", dict.fromkeys(vendors, "US"), is_supplier=True)
    history.clients = _organisations(company, "C", history.countries, is_customer=True)
    wanted = {("RDC", "Regional distribution centre", "ZA")} | {
        (code, f"Warehouse {name}", code) for name, code in history.countries.items()
    }
    for code, name, country in sorted(wanted):
        history.warehouses[code], _made = Warehouse.objects.get_or_create(
            company=company, code=code, defaults={"name": name, "country_id": country}
        )
    return history


def _organisations(company: Company, letter: str, countries: dict[str, str], **kind) -> dict[str, Organisation]:
    have = {o.name: o for o in Organisation.objects.filter(company=company, **kind)}
    made = Organisation.objects.bulk_create(
        Organisation(company=company, code=_code(letter, name), name=name, country_id=countries[name], **kind)
        for name in sorted(countries)
        if name not in have
    )
    return have | {o.name: o for o in made}


def _code(letter: str, name: str) -> str:
    """A short code that is the same for the same name, whatever the order of the rows."""
    return f"{letter}{crc32(name.encode()):08X}"


def _direct(history: History, rows: list[Row], progress: Progress) -> None:
    by_order, actor = _grouped(rows, "order"), history.actor
    progress("purchase orders", len(by_order))
    orders = sourcing.record_agreed_orders(
        actor=actor,
        orders=[
            sourcing.OrderInput(
                number=number,
                supplier_id=history.vendors[own[0].vendor].pk,
                order_date=min(map(_ordered, own)),
                currency=CURRENCY,
                incoterm=own[0].incoterm,
                named_place=PLACES.get(own[0].incoterm, own[0].country),
                mode=MODES[own[0].mode],
                destination_country=history.countries[own[0].country],
                promised_at="destination",
                lines=[
                    sourcing.LineInput(
                        product_id=history.products[row.item].pk,
                        quantity=row.quantity,
                        unit_price=_price(row),
                        requested_date=row.scheduled,
                        amount=row.value,
                    )
                    for row in own
                ],
            )
            for number, own in by_order.items()
        ],
    )
    line_of = _line_ids(PurchaseOrderLine, orders, by_order)
    by_shipment = _grouped(rows, "shipment")
    progress("shipments", len(by_shipment))
    shipments = plan_shipments(
        actor=actor,
        today=max(row.delivered for row in rows),
        shipments=[
            ShipmentInput(
                number=number,
                mode=MODES[own[0].mode],
                incoterm=own[0].incoterm,
                named_place=PLACES.get(own[0].incoterm, own[0].country),
                warehouse_id=history.warehouses[history.countries[own[0].country]].pk,
                planned_arrival_date=max(row.scheduled for row in own),
                lines=[
                    ShipmentLineInput(order_line_id=line_of[row.id], quantity=row.quantity, gross_weight_kg=row.weight)
                    for row in own
                ],
            )
            for number, own in by_shipment.items()
        ],
    )
    progress("receipts", len(by_shipment))
    receipts = post_receipts(
        actor=actor,
        receipts=[
            ReceiptInput(
                number=f"GR-{number}",
                shipment_id=shipment.pk,
                warehouse_id=shipment.warehouse_id,
                received_date=own[0].delivered,
                lines=[ReceiptLineInput(order_line_id=line_of[row.id], accepted=row.quantity) for row in own],
            )
            for shipment, (number, own) in zip(shipments, by_shipment.items(), strict=True)
        ],
    )
    row_of = {line: record for record, line in line_of.items()}
    for pk, order_line in ReceiptLine.objects.filter(receipt__in=receipts).values_list("id", "order_line_id"):
        history.lines[row_of[order_line]] = pk


def _from_warehouse(history: History, rows: list[Row], progress: Progress) -> None:
    actor, warehouse = history.actor, history.warehouses["RDC"]
    by_product: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_product[row.item].append(row)
    progress("opening stock", len(by_product))
    import_opening_stock(
        actor=actor,
        day=min(row.delivered for row in rows) - timedelta(days=1),
        rows=[
            OpeningStock(
                product_id=history.products[item].pk,
                warehouse_id=warehouse.pk,
                quantity=sum((row.quantity for row in own), Decimal(0)),
                costs={Component.GOODS: sum((row.value for row in own), Decimal(0))},
                number=f"OS-{min(row.id for row in own)}",
            )
            for item, own in sorted(by_product.items())
        ],
    )
    by_order = _grouped(rows, "order")
    progress("customer orders", len(by_order))
    orders = sales.record_agreed_orders(
        actor=actor,
        reserving=False,
        orders=[
            sales.OrderInput(
                number=number,
                customer_id=history.clients[own[0].country].pk,
                warehouse_id=warehouse.pk,
                order_date=min(map(_ordered, own)),
                currency=CURRENCY,
                ship_to_country=history.countries[own[0].country],
                mode=MODES[own[0].mode],
                lines=[
                    sales.LineInput(
                        product_id=history.products[row.item].pk,
                        quantity=row.quantity,
                        unit_price=_price(row),
                        promised_date=row.scheduled,
                        amount=row.value,
                    )
                    for row in own
                ],
            )
            for number, own in by_order.items()
        ],
    )
    line_of = _line_ids(CustomerOrderLine, orders, by_order)
    order_of = {order.number: order.pk for order in orders}
    by_shipment = _grouped(rows, "shipment")
    progress("deliveries", len(by_shipment))
    deliveries = ship_deliveries(
        actor=actor,
        deliveries=[
            DeliveryInput(
                number=number,
                order_id=order_of[own[0].order],
                shipped_date=own[0].delivered,  # the record does not say when it left
                delivered_date=own[0].delivered,
                mode=MODES[own[0].mode],
                lines=[DeliveryLineInput(order_line_id=line_of[row.id], quantity=row.quantity) for row in own],
            )
            for number, own in by_shipment.items()
        ],
    )
    row_of = {line: record for record, line in line_of.items()}
    for pk, order_line in DeliveryLine.objects.filter(delivery__in=deliveries).values_list("id", "order_line_id"):
        history.lines[row_of[order_line]] = pk


def _charges(history: History, rows: list[Row], progress: Progress) -> None:
    """Freight on the rows that share it, by value (largest remainder); insurance on the row that names it.

    Freight included in the price is known to be nothing more; "invoiced separately" and references to a row without an
    amount stay unknown: no charge.
    """
    groups: dict[int, list[Row]] = defaultdict(list)
    amounts = {row.id: row.freight for row in rows if row.freight is not None}
    for row in rows:
        if row.freight_of in amounts:
            groups[row.freight_of].append(row)
    shares: dict[tuple[str, str, str], dict[int, Decimal]] = defaultdict(dict)  # (shipment, kind, which) → row → amount
    for carrier, own in groups.items():
        weights = [row.value for row in own] if any(row.value for row in own) else [Decimal(1)] * len(own)
        for row, part in zip(own, allocate(amounts[carrier], weights, CURRENCY), strict=True):
            shares[row.shipment, "freight", "billed"][row.id] = part
    for row in rows:
        if row.freight_included:
            shares[row.shipment, "freight", "included"][row.id] = Decimal(0)
        if row.insurance is not None:
            shares[row.shipment, "insurance", ""][row.id] = row.insurance
    documents = _documents(history, rows)
    direct = {row.shipment: row.direct for row in rows}
    days = {row.shipment: row.delivered for row in rows}
    progress("charges", len(shares))
    estimate_charges(
        actor=history.actor,
        charges=[
            ChargeInput(
                kind=kind,
                amount=sum(own.values(), Decimal(0)),
                currency=CURRENCY,
                day=days[shipment],
                basis="direct",
                weights={history.lines[record]: amount for record, amount in own.items()},
                description="in the price of the goods" if which == "included" else "",
                receipt_id=documents[shipment] if direct[shipment] else None,
                delivery_id=None if direct[shipment] else documents[shipment],
            )
            for (shipment, kind, which), own in sorted(shares.items())
        ],
    )


def _documents(history: History, rows: list[Row]) -> dict[str, int]:
    """The receipt or delivery of each shipment of the record."""
    company = {"company_id": history.actor.company_id}
    receipts = dict(ReceiptLine.objects.filter(**company).values_list("id", "receipt_id"))
    deliveries = dict(DeliveryLine.objects.filter(**company).values_list("id", "delivery_id"))
    return {row.shipment: (receipts if row.direct else deliveries)[history.lines[row.id]] for row in rows}


def _line_ids(model, orders, by_order: dict[str, list[Row]]) -> dict[int, int]:
    """The record's ID → the id of its order line: lines stand in the order of the rows."""
    rows = model.objects.filter(order__in=orders).values_list("id", "order__number", "position")
    found = {(number, position): pk for pk, number, position in rows}
    return {
        row.id: found[number, position] for number, own in by_order.items() for position, row in enumerate(own, start=1)
    }


def _grouped(rows: Iterable[Row], attribute: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, attribute)].append(row)
    return groups


def _ordered(row: Row):
    """The day the order counts from: as written, else no later than what came first of it."""
    return row.ordered or min(row.scheduled, row.delivered)


def _price(row: Row) -> Decimal:
    return (row.value / row.quantity).quantize(Decimal("0.000001"))
