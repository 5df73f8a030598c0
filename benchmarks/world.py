"""What the measurements buy, sell and store: one company of its own a run, small and lawful."""

import uuid
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.core.management import call_command

from catalog.models import Packaging, Product, ProductGroup
from core.actor import COMMAND, system
from core.scope import scope
from inventory.models import Warehouse
from parties.models import ApiToken, Company, Instalment, Membership, Organisation, PaymentTerm, User
from reference.models import Currency, ExchangeRate
from suppliers.models import Supplier

TODAY = date.today()  # a benchmark is a door


@dataclass
class World:
    company_id: int
    suppliers: list[int]
    customers: list[int]
    products: list[int]
    warehouse_id: int
    term_id: int
    forwarder_id: int
    tokens: dict[str, str] = field(default_factory=dict)


def make_world() -> World:
    """This will make a company with 50 products, 20 suppliers, 20 customers and one token a role."""
    if not Currency.objects.exists():
        call_command("load_reference", verbosity=0)
    code = uuid.uuid4().hex[:8].upper()
    with scope(system(COMMAND)):
        company = Company.objects.create(code=code, name=f"Bench {code}", country_id="NL", base_currency_id="EUR")
        ExchangeRate.objects.get_or_create(
            kind="market", base_id="EUR", quote_id="USD", date=TODAY, source="ECB", defaults={"rate": Decimal("1.1")}
        )
        suppliers = _organisations(company, "S", 20, is_supplier=True)
        customers = _organisations(company, "C", 20, is_customer=True)
        (forwarder,) = _organisations(company, "F", 1, is_forwarder=True)
        Supplier.objects.bulk_create(Supplier(company=company, organisation=s, lifecycle="approved") for s in suppliers)
        group = ProductGroup.objects.create(company=company, code="all", name="All")
        products = Product.objects.bulk_create(
            Product(company=company, sku=f"P-{n:04}", name=f"Product {n}", group=group, unit_id="pcs")
            for n in range(50)
        )
        Packaging.objects.bulk_create(
            Packaging(product=p, level="carton", units=24, length_cm=60, width_cm=40, height_cm=40, gross_weight_kg=12)
            for p in products
        )
        warehouse = Warehouse.objects.create(company=company, code="RTM", name="Rotterdam", country_id="NL")
        term = PaymentTerm.objects.create(company=company, code="OA60", name="Open account 60")
        Instalment.objects.create(term=term, percent=100, anchor="invoiced", days=60)
        world = World(
            company.pk,
            [s.pk for s in suppliers],
            [c.pk for c in customers],
            [p.pk for p in products],
            warehouse.pk,
            term.pk,
            forwarder.pk,
        )
        for role, roles in {
            "buyer": ["buyer"],
            "warehouse": ["warehouse", "logistics"],
            "finance": ["finance", "logistics"],
            "sales": ["sales"],
            "admin": ["admin"],
        }.items():
            user = User.objects.create(email=f"{role}@{code.lower()}.example", name=role, password="!")
            membership = Membership.objects.create(
                user=user, company=company, roles=roles, approval_limit=Decimal(100_000_000)
            )
            secret, digest = ApiToken.new_secret()
            ApiToken.objects.create(membership=membership, name="bench", digest=digest, hint=secret[:9])
            world.tokens[role] = secret
    return world


def _organisations(company: Company, letter: str, count: int, **kind) -> list[Organisation]:
    return Organisation.objects.bulk_create(
        Organisation(company=company, code=f"{letter}-{n:02}", name=f"{letter} {n:02}", country_id="CN", **kind)
        for n in range(count)
    )
