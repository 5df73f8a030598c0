"""Lawful documents for tests: one company, one of everyone, made through the services wherever there is one."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from catalog.models import Packaging, Product, ProductGroup
from core.actor import Actor
from parties.actors import actor_of
from parties.models import ApiToken, Company, Instalment, Membership, Organisation, PaymentTerm, User
from reference.models import ExchangeRate
from sourcing import services as sourcing
from suppliers.models import Lifecycle, Supplier

TODAY = date(2026, 11, 20)


@dataclass
class World:
    """``actors[role]`` and ``tokens[role]`` for buyer, approver, …, supplier, supplier2, forwarder."""

    company: Company
    supplier: Organisation
    supplier2: Organisation
    forwarder: Organisation
    customer: Organisation
    mug: Product
    bottle: Product
    term: PaymentTerm
    actors: dict[str, Actor]
    users: dict[str, User]
    memberships: dict[str, Membership]

    def token(self, role: str, scopes: list[str] | None = None) -> str:
        secret, digest = ApiToken.new_secret()
        ApiToken.objects.create(
            membership=self.memberships[role], name=role, digest=digest, hint=secret[:9], scopes=scopes or []
        )
        return secret

    def order_input(self, **changes) -> sourcing.OrderInput:
        lines = changes.pop(
            "lines",
            [
                sourcing.LineInput(self.mug.pk, Decimal(1000), Decimal("3.20"), date(2027, 1, 15)),
                sourcing.LineInput(self.bottle.pk, Decimal(500), Decimal("7.45"), date(2027, 1, 15)),
            ],
        )
        return sourcing.OrderInput(
            **{
                "supplier_id": self.supplier.pk,
                "order_date": TODAY,
                "currency": "USD",
                "incoterm": "FOB",
                "named_place": "Ningbo",
                "mode": "sea",
                "payment_term_id": self.term.pk,
                "destination_country": "NL",
                "lines": lines,
                **changes,
            }
        )

    def order(self, **changes):
        """A draft purchase order."""
        return sourcing.create_purchase_order(actor=self.actors["buyer"], order=self.order_input(**changes))

    def sent_order(self, **changes):
        return sourcing.issue_purchase_order(actor=self.actors["buyer"], order_id=self.order(**changes).pk, today=TODAY)


STAFF = {
    "buyer": (["buyer"], 50_000),
    "junior": (["buyer"], 1_000),
    "approver": (["approver"], 1_000_000),
    "quality": (["quality"], 0),
    "logistics": (["logistics", "warehouse"], 0),
    "sales": (["sales"], 0),
    "finance": (["finance"], 100_000),
    "auditor": (["auditor"], 0),
    "admin": (["admin"], 0),
}


def make_world(code: str = "HP") -> World:
    company = Company.objects.create(
        code=code, name=f"Harbor & Pine {code}", country_id="NL", base_currency_id="EUR", time_zone="Europe/Amsterdam"
    )
    for quote, rate in (("USD", "1.1000"), ("CNY", "7.8000"), ("GBP", "0.8600")):
        for day in {TODAY, date.today()}:  # doors read the real clock
            ExchangeRate.objects.get_or_create(
                kind="market", base_id="EUR", quote_id=quote, date=day, source="ECB", defaults={"rate": Decimal(rate)}
            )
    supplier = Organisation.objects.create(
        company=company,
        code="NB-01",
        name="Ningbo Haisong Metalware",
        name_local="宁波海松五金有限公司",
        country_id="CN",
        is_supplier=True,
        email=f"sales-{code}@haisong.example".lower(),
        language="zh-hans",
    )
    supplier2 = Organisation.objects.create(
        company=company, code="SG-01", name="Saigon Camp Gear", country_id="VN", is_supplier=True
    )
    forwarder = Organisation.objects.create(
        company=company, code="BW-01", name="Bluewake", country_id="NL", is_forwarder=True
    )
    customer = Organisation.objects.create(
        company=company, code="OUT-01", name="Outdoor Retail", country_id="DE", is_customer=True
    )
    for organisation in (supplier, supplier2):
        Supplier.objects.create(
            company=company, organisation=organisation, lifecycle=Lifecycle.APPROVED, currency_id="USD"
        )
    group = ProductGroup.objects.create(company=company, code="drinkware", name="Drinkware")
    mug = Product.objects.create(
        company=company,
        sku="MUG-01",
        name="Enamel camp mug",
        group=group,
        unit_id="pcs",
        hs_code="732394",
        origin_id="CN",
    )
    bottle = Product.objects.create(
        company=company,
        sku="BOT-750",
        name="Insulated bottle 750 ml",
        group=group,
        unit_id="pcs",
        hs_code="961700",
        origin_id="CN",
    )
    for product, units in ((mug, 48), (bottle, 24)):
        Packaging.objects.create(
            product=product,
            level="carton",
            units=units,
            length_cm=60,
            width_cm=40,
            height_cm=40,
            gross_weight_kg=Decimal("12.5"),
        )
    term = PaymentTerm.objects.create(company=company, code="TT3070", name="T/T 30/70 before shipment")
    Instalment.objects.create(term=term, position=1, percent=30, anchor="order_confirmed")
    Instalment.objects.create(term=term, position=2, percent=70, anchor="before_shipment")
    users, memberships = {}, {}
    places: dict[str, tuple[Any, list[str], int]] = {
        role: (None, roles, limit) for role, (roles, limit) in STAFF.items()
    }
    places |= {
        "supplier": (supplier, ["supplier"], 0),
        "supplier2": (supplier2, ["supplier"], 0),
        "forwarder": (forwarder, ["forwarder"], 0),
    }
    for role, (organisation, roles, limit) in places.items():
        users[role] = User.objects.create(email=f"{role}@{code.lower()}.example", name=role.capitalize(), password="!")
        memberships[role] = Membership.objects.create(
            user=users[role], company=company, organisation=organisation, roles=roles, approval_limit=limit
        )
    actors = {role: actor_of(membership, channel="api") for role, membership in memberships.items()}
    return World(company, supplier, supplier2, forwarder, customer, mug, bottle, term, actors, users, memberships)
