"""The people, organisations, products and rates of the sample world."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from catalog.models import Packaging, Product, ProductGroup
from core.actor import Actor
from core.models import ApprovalRule
from inventory.models import Warehouse
from ledger.services import open_year
from parties.actors import actor_of
from parties.models import Company, Instalment, Membership, Organisation, PaymentTerm, User
from reference.models import ExchangeRate
from sales.models import Customer
from samples.simulator import facts
from suppliers.models import Supplier, SupplierItem

RATE_SOURCE = "sample"


@dataclass
class World:
    """Everything by its code; ``actors`` by login name before the @ ("buyer", "finance", …) or organisation code."""

    company: Company
    suppliers: dict[str, Supplier]
    organisations: dict[str, Organisation]
    customers: dict[str, Customer]
    products: dict[str, Product]
    terms: dict[str, PaymentTerm]
    warehouses: dict[str, Warehouse]
    actors: dict[str, Actor]
    bought: int = 0  # purchase orders begun so far

    def next_purchase(self) -> int:
        """The number of the next purchase; its papers and containers carry it."""
        self.bought += 1
        return self.bought


def make_masters(*, first: date, today: date, rng: random.Random) -> World:
    """This will make the company with all it knows, and exchange rates for every week from ``first`` to ``today``."""
    about = facts.COMPANY
    company = Company.objects.create(
        code=about["code"],
        name=about["name"],
        country_id=about["country"],
        base_currency_id=about["currency"],
        time_zone=about["time_zone"],
        address=about["address"],
    )
    _rates(first, today, rng)
    for year in range(first.year, today.year + 1):
        open_year(company_id=company.pk, year=year)
    terms = {code: _term(company, code, *content) for code, content in facts.TERMS.items()}
    warehouses = {
        code: Warehouse.objects.create(company=company, code=code, name=name, country_id=country, city=city)
        for code, name, country, city in facts.WAREHOUSES
    }
    organisations, suppliers, customers = {}, {}, {}
    for code, name, local, country, city, currency, incoterm, place, term, _mode, lead, lifecycle in facts.SUPPLIERS:
        organisations[code] = Organisation.objects.create(
            company=company,
            code=code,
            name=name,
            name_local=local,
            country_id=country,
            city=city,
            is_supplier=True,
            email=f"orders@{code.lower()}.example",
            language="zh-hans" if local else "en",
        )
        suppliers[code] = Supplier.objects.create(
            company=company,
            organisation=organisations[code],
            lifecycle=lifecycle,
            lead_time_days=lead,
            currency_id=currency,
            payment_term=terms[term],
            incoterm=incoterm,
            named_place=place,
        )
    for code, name, country, city, kind in facts.SERVICES:
        organisations[code] = Organisation.objects.create(
            company=company, code=code, name=name, country_id=country, city=city, **{kind: True}
        )
    for code, name, country, city, currency, term, claim_days, _weight in facts.CUSTOMERS:
        organisations[code] = Organisation.objects.create(
            company=company, code=code, name=name, country_id=country, city=city, is_customer=True
        )
        customers[code] = Customer.objects.create(
            company=company,
            organisation=organisations[code],
            currency_id=currency,
            payment_term=terms[term],
            claim_days=claim_days,
            credit_limit=Decimal(5_000_000),
        )
    products = _products(company, suppliers)
    ApprovalRule.objects.create(
        company_id=company.pk, kind="sourcing.purchaseorder", amount=0, role="approver", count=1
    )
    actors = _people(company, organisations)
    return World(company, suppliers, organisations, customers, products, terms, warehouses, actors)


def _term(company: Company, code: str, name: str, instalments: list) -> PaymentTerm:
    discount, within = facts.DISCOUNTS.get(code, (0, 0))
    term = PaymentTerm.objects.create(
        company=company, code=code, name=name, discount_percent=discount, discount_days=within
    )
    for position, (percent, anchor, days, end_of_month) in enumerate(instalments, start=1):
        Instalment.objects.create(
            term=term, position=position, percent=percent, anchor=anchor, days=days, end_of_month=end_of_month
        )
    return term


def _products(company: Company, suppliers: dict[str, Supplier]) -> dict[str, Product]:
    groups = {
        code: ProductGroup.objects.create(company=company, code=code, name=name) for code, name in facts.GROUPS.items()
    }
    products = {}
    for number, row in enumerate(facts.PRODUCTS, start=1):
        sku, name, name_zh, group, supplier, price, _sales, hs_code, kg, units, carton, _weight = row
        product = products[sku] = Product.objects.create(
            company=company,
            sku=sku,
            name=name,
            name_zh=name_zh,
            group=groups[group],
            unit_id="pcs",
            gtin=_ean(number),
            hs_code=hs_code,
            origin_id=suppliers[supplier].organisation.country_id,
            net_weight_kg=kg,
            inspection_required=suppliers[supplier].organisation.country_id in ("CN", "VN"),
            over_receipt_pct=Decimal(2),
        )
        length, width, height = carton
        Packaging.objects.create(
            product=product,
            level="carton",
            units=units,
            length_cm=length,
            width_cm=width,
            height_cm=height,
            gross_weight_kg=kg * units + Decimal("0.8"),
        )
        SupplierItem.objects.create(
            supplier=suppliers[supplier],
            product=product,
            unit_price=price,
            currency_id=suppliers[supplier].currency_id,
            minimum_quantity=units * 5,
        )
    return products


def _ean(number: int) -> str:
    """A GTIN-13 in the range GS1 keeps for internal use (prefix 200), with its check digit."""
    body = f"200{number:09d}"
    check = -sum(int(digit) * (3 if n % 2 else 1) for n, digit in enumerate(body)) % 10
    return f"{body}{check}"


def _people(company: Company, organisations: dict[str, Organisation]) -> dict[str, Actor]:
    password = make_password(facts.PASSWORD)
    actors = {}
    for email, name, where, roles, limit, _purpose in facts.LOGINS:
        user = User.objects.create(
            email=email, name=name, password=password, is_staff="admin" in roles, is_superuser="admin" in roles
        )
        membership = Membership.objects.create(
            user=user,
            company=company,
            organisation=organisations[where] if where else None,
            roles=roles,
            approval_limit=limit,
        )
        actors[where or email.partition("@")[0]] = actor_of(membership, channel="portal" if where else "browser")
    return actors


def _rates(first: date, today: date, rng: random.Random) -> None:
    """A wandering rate for every week; marked as a sample, never as anybody's published rate."""
    rows = []
    for quote, (rate, step) in facts.RATES.items():
        day = first - timedelta(days=14)
        while day <= today + timedelta(days=7):
            rows.append(
                ExchangeRate(kind="market", base_id="EUR", quote_id=quote, date=day, rate=rate, source=RATE_SOURCE)
            )
            rate = (rate * (1 + step * Decimal(rng.randint(-100, 100)) / 100)).quantize(Decimal("0.0001"))
            day += timedelta(days=7)
    ExchangeRate.objects.bulk_create(rows, ignore_conflicts=True)
