"""Two companies full of documents, each party's marked with a word of its own, so that a leak can be seen."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.services import ProductInput, create_product, save_product_group
from core import files
from core.models import Attachment, Event
from parties import services as parties
from parties.actors import actor_of
from parties.models import Membership, Organisation, User
from sales.models import Customer
from sourcing import services as sourcing
from suppliers.models import Supplier
from tests import factories_logistics, factories_quality, factories_sales
from tests.factories import TODAY, World, make_world
from tests.proofs.discovery import endpoints
from tests.proofs.policy import Rule

ROLES = (
    "anonymous",
    "buyer",
    "approver",
    "quality",
    "logistics",
    "finance",
    "sales",
    "auditor",
    "admin",
    "supplier",
    "supplier2",
    "forwarder",
    "inspector",
)
OWNERSHIPS = ("own", "other party's", "other company's", "nonexistent")
NOWHERE = 10**12

# The word in every free text of what belongs to each; nobody types such words.
CANARY = {
    "supplier": "zqxsupplierone",
    "supplier2": "zqxsuppliertwo",
    "foreign": "zqxothercompany",
    "inside": "zqxinternal",
}


@dataclass
class Estate:
    """``documents[kind]``: one for each ownership, as seen by ``supplier``; ``named[kind]``: the roles on "own"."""

    world: World
    foreign: World
    documents: dict[str, dict[str, models.Model]] = field(default_factory=dict)
    named: dict[str, set[str]] = field(default_factory=dict)
    drafts: dict[str, models.Model] = field(default_factory=dict)  # by kind: in its first state
    clients: dict[str, Client] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    # ---- calling

    def call(self, role: str, method: str, path: str, body: Any = None, **headers):
        """One request as ``role``; whatever it did is undone."""
        with transaction.atomic():
            before = Event.objects.count()
            answer = self.send(role, method, path, body, **headers)
            answer.happened = Event.objects.count() - before if answer.status_code < 500 else 0
            transaction.set_rollback(True)
        return answer

    def send(self, role: str, method: str, path: str, body: Any = None, **headers):
        """One request as ``role`` by token to the API, by session to a page; a page's body is a form."""
        if path.startswith("/api/"):
            if role != "anonymous":
                headers = {"Authorization": f"Bearer {self.tokens[role]}", **headers}
            data = "" if body is None else json.dumps(body)
            return self.client("anonymous").generic(method, path, data, "application/json", headers=headers)
        client = self.client(role)
        client.cookies.pop("messages", None)  # what an undone request said is not to be shown by the next
        if method in ("GET", "HEAD"):
            return getattr(client, method.lower())(path, headers=headers)
        return client.generic(method, path, _form(body or {}), "application/x-www-form-urlencoded", headers=headers)

    def client(self, role: str) -> Client:
        if role not in self.clients:
            client = self.clients[role] = Client(raise_request_exception=False)
            if role != "anonymous":
                client.force_login(self.world.users[role], "allauth.account.auth_backends.AuthenticationBackend")
        return self.clients[role]

    # ---- what the policy means here

    def allowed(self, role: str, permission: str) -> bool:
        """Whether ``role`` holds what a rule asks for."""
        if permission == "anyone":
            return True
        if role == "anonymous":
            return False
        actor = self.world.actors[role]
        return {"member": True, "staff": actor.is_staff, "party": not actor.is_staff}.get(
            permission, actor.can(permission)
        )

    def sees(self, role: str, kind: str, ownership: str) -> bool:
        """Whether a document of ``kind`` with this ownership exists for ``role``."""
        if ownership in ("other company's", "nonexistent"):
            return False
        if self.world.actors[role].is_staff:
            return True
        named = self.named[kind]
        if role == "supplier2":
            return ownership == "other party's" and "supplier" in named
        return ownership == "own" and role in named

    def ownerships(self, rule: Rule) -> tuple[str, ...]:
        if not rule.subject:
            return ("own",)
        return OWNERSHIPS if rule.subject in self.documents else ("nonexistent",)  # no maker yet

    def url(self, name: str, rule: Rule, ownership: str) -> str:
        kwargs = self.kwargs(rule)
        params = [p for p in endpoints()[name].params if p not in kwargs]
        if params:
            kwargs[params[0]] = self.pk(rule.subject, ownership)
        return reverse(name, kwargs=kwargs) + (f"?{rule.query}" if rule.query else "")

    def kwargs(self, rule: Rule) -> dict[str, Any]:
        """The rule's own arguments of the address."""
        return {
            name: apps.get_model(value[1:]).objects.order_by("pk").first().pk if value.startswith("@") else value
            for name, value in rule.kwargs.items()
        }

    def path(self, name: str, rule: Rule, pk: Any) -> str:
        """The address of one document at the endpoint ``name``."""
        kwargs = self.kwargs(rule)
        kwargs.update({p: pk for p in endpoints()[name].params[:1] if p not in kwargs})
        return reverse(name, kwargs=kwargs)

    def first_state(self, model: type[models.Model]) -> models.Model | None:
        """A document of this kind from which its whole flow can be walked, if there is one."""
        return self.drafts.get(model._meta.label_lower)

    def pk(self, kind: str, ownership: str) -> Any:
        return NOWHERE if ownership == "nonexistent" else self.documents[kind][ownership].pk

    def body(self, rule: Rule, ownership: str) -> Any:
        document = self.documents.get(rule.subject, {}).get(ownership if ownership != "nonexistent" else "own")
        return rule.body(self, document) if callable(rule.body) else rule.body

    def forbidden_words(self, role: str) -> set[str]:
        """The canaries that ``role`` must never read."""
        if role == "anonymous":
            return set(CANARY.values())
        if self.world.actors[role].is_staff:
            return {CANARY["foreign"]}
        own = {"supplier": "supplier", "forwarder": "supplier", "inspector": "supplier"}.get(role, role)
        return set(CANARY.values()) - {CANARY[own]}


def _form(body: dict) -> str:
    return urlencode(body, doseq=True)


# ---- one maker a kind: a document of ``world`` for its "supplier" or "supplier2", its free texts all saying ``word``

Maker = Callable[[World, str, str], models.Model]
MAKERS: dict[str, tuple[Maker, set[str]]] = {}


def maker(kind: str, *named: str):
    """Decorator: ``f(world, party, word)`` makes a document; ``named``: the roles on it when party is "supplier"."""

    def register(function):
        MAKERS[kind] = function, set(named)
        return function

    return register


@maker("sourcing.purchaseorder", "supplier")
def _purchase_order(world: World, party: str, word: str):
    supplier = getattr(world, party)
    lines = [sourcing.LineInput(world.mug.pk, Decimal(100), Decimal("3.20"), TODAY, description=word)]
    order = world.order(supplier_id=supplier.pk, remarks=word, named_place=f"Ningbo {word}", lines=lines)
    return sourcing.issue_purchase_order(actor=world.actors["buyer"], order_id=order.pk, today=TODAY)


@maker("catalog.product")
def _product(world: World, party: str, word: str):
    product = ProductInput(sku=f"SKU {word}", name=word, description=word)
    return create_product(actor=world.actors["buyer"], product=product)


@maker("catalog.productgroup")
def _product_group(world: World, party: str, word: str):
    return save_product_group(actor=world.actors["buyer"], code=word[:30], name=word)


@maker("suppliers.supplier")
def _supplier(world: World, party: str, word: str):
    return Supplier.objects.get(organisation=getattr(world, party))


@maker("parties.organisation")
def _organisation(world: World, party: str, word: str):
    known = parties.OrganisationInput(code=word[:30], name=word, country="NL", kinds=frozenset({"is_carrier"}))
    return parties.create_organisation(actor=world.actors["buyer"], organisation=known)


@maker("parties.paymentterm")
def _payment_term(world: World, party: str, word: str):
    half = parties.InstalmentInput(Decimal(100), "invoiced", 30)
    return parties.save_payment_term(actor=world.actors["finance"], code=word[:20], name=word, instalments=[half])


@maker("parties.company")
def _company(world: World, party: str, word: str):
    return world.company


@maker("core.approvalrule")
def _approval_rule(world: World, party: str, word: str):
    kind, amount = "sourcing.purchaseorder", Decimal(len(party))
    return parties.save_approval_rule(actor=world.actors["admin"], kind=kind, amount=amount, role="approver")


@maker("parties.membership")
def _member(world: World, party: str, word: str):
    return world.memberships["junior" if party == "supplier" else "auditor"]


@maker("parties.apitoken")
def _token(world: World, party: str, word: str):
    member = world.memberships["junior"].pk
    return parties.create_token(actor=world.actors["admin"], membership_id=member, name=word, now=timezone.now())[0]


@maker("sales.customerorder")
def _customer_order(world: World, party: str, word: str):
    return factories_sales.draft(world, _warehouse(world, party, word), remarks=word)


@maker("inventory.warehouse")
def _warehouse(world: World, party: str, word: str):
    if not Customer.objects.filter(company=world.company).exists():
        factories_sales.make_customer(world)
    return factories_logistics.warehouse_of(world)


@maker("quality.inspection", "supplier")
def _inspection(world: World, party: str, word: str):
    return factories_quality.planned_inspection(world, _purchase_order(world, party, word))


@maker("logistics.shipment", "supplier", "forwarder")
def _shipment(world: World, party: str, word: str):
    forwarder = world.forwarder.pk if party == "supplier" else None
    return factories_logistics.planned_shipment(world, _purchase_order(world, party, word), forwarder_id=forwarder)


@maker("core.attachment", "supplier")
def _file(world: World, party: str, word: str):
    order = _purchase_order(world, party, word)
    file = SimpleUploadedFile(f"{word}.txt", f"{word} says so".encode(), "text/plain")
    files.attach(actor=world.actors["buyer"], document=order, file=file, name=f"{word}.txt", shared=True)
    return Attachment.objects.get(name=f"{word}.txt")


def make_estate() -> Estate:
    """This will make both companies and, of every kind the policy names, one document for each owner."""
    estate = Estate(_with_inspector(make_world("HP")), _with_inspector(make_world("XX")))
    words = {"supplier": CANARY["supplier"], "supplier2": CANARY["supplier2"]}
    for party, word in words.items():
        _name(getattr(estate.world, party), word)
        _name(getattr(estate.foreign, party), CANARY["foreign"])
    for kind in MAKERS:
        make, estate.named[kind] = MAKERS[kind]
        estate.documents[kind] = {
            "own": make(estate.world, "supplier", words["supplier"]),
            "other party's": make(estate.world, "supplier2", words["supplier2"]),
            "other company's": make(estate.foreign, "supplier", CANARY["foreign"]),
        }
    # a draft that only we know of
    estate.drafts["sourcing.purchaseorder"] = estate.world.order(
        remarks=CANARY["inside"], named_place=f"Ningbo {CANARY['inside']}"
    )
    for role in ROLES:
        if role != "anonymous":
            estate.tokens[role] = estate.world.token(role)
        estate.client(role)  # logs in now: a session made during a call would be undone with it
    return estate


def _name(organisation: Organisation, word: str) -> None:
    organisation.name = f"{organisation.name} {word}"
    organisation.address = f"1 {word} Road"
    organisation.save()


def _with_inspector(world: World) -> World:
    """The world with an inspection agency in it."""
    if "inspector" not in world.actors:
        agency = Organisation.objects.create(
            company=world.company, code="QI-01", name="Surveyors", country_id="CN", is_inspector=True
        )
        user = User.objects.create(
            email=f"inspector@{world.company.code.lower()}.example", name="Inspector", password="!"
        )
        membership = Membership.objects.create(
            user=user, company=world.company, organisation=agency, roles=["inspector"]
        )
        world.users["inspector"], world.memberships["inspector"] = user, membership
        world.actors["inspector"] = actor_of(membership, channel="api")
    return world


_NOISE = re.compile(
    r'(nonce="[^"]*"|csrfmiddlewaretoken" value="[^"]*"|hx-headers=\'[^\']*\'|form_token" value="[^"]*")'
)


def same_answer(one, other) -> bool:
    """Whether two answers say the same to whoever reads them, but for request ids, nonces and the address itself."""

    def text(answer) -> str:
        body = answer.content.decode(errors="replace")
        body = re.sub(r'"request_id": ?"[^"]*"', "", _NOISE.sub("", body)).replace(answer["X-Request-ID"], "")
        return re.sub(r"(?<=/)\d+(?=/)", "KEY", body)

    return one.status_code == other.status_code and text(one) == text(other)
