"""Two companies full of documents, each party's marked with a word of its own, so that a leak can be seen."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from django.test import Client
from django.urls import reverse

from core import files
from core.models import Event
from core.outbox import drain
from parties.actors import actor_of
from parties.models import Membership, Organisation, User
from tests.factories import World, make_world
from tests.factories_quality import add_agency
from tests.factories_sales import make_customer
from tests.proofs.discovery import endpoints
from tests.proofs.makers import CANARY, FREIGHT, INSURANCE, LATE, MAKERS, PRICES, Owner
from tests.proofs.policy import ANYONE, MEMBER, STAFF, Rule

ROLES = (
    "anonymous",
    "buyer",
    "approver",
    "quality",
    "logistics",
    "warehouse",
    "finance",
    "sales",
    "auditor",
    "admin",
    "supplier",
    "supplier_admin",
    "supplier2",
    "forwarder",
    "broker",
    "inspector",
)
OUTSIDERS = ROLES[ROLES.index("supplier") :]
OWNERSHIPS = ("own", "other party's", "other company's", "nonexistent")
NOWHERE = 10**12


@dataclass
class Estate:
    """``documents[kind]``: one for each ownership, as seen by ``supplier``; ``named[kind]``: the roles on "own"."""

    world: World
    foreign: World
    documents: dict[str, dict[str, models.Model]] = field(default_factory=dict)
    named: dict[str, set[str]] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    # ---- calling

    def call(self, role: str, method: str, path: str, body: Any = None, **headers):
        """One request as ``role``; whatever it did is undone."""
        with transaction.atomic():
            clicked = method == "POST" and not path.startswith("/api/")  # a page refuses in its own words
            before = Event.objects.count() if clicked else 0
            answer = self.send(role, method, path, body, **headers)
            answer.happened = clicked and answer.status_code < 500 and Event.objects.count() > before
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
        if permission == ANYONE:
            return True
        if role == "anonymous":
            return False
        actor = self.world.actors[role]
        return {MEMBER: True, STAFF: actor.is_staff}.get(permission, actor.can(permission))

    def sees(self, role: str, kind: str, ownership: str) -> bool:
        """Whether a document of ``kind`` with this ownership exists for ``role``."""
        if ownership in ("other company's", "nonexistent"):
            return False
        if self.world.actors[role].is_staff:
            return True
        named = self.named[kind]
        if role == "supplier2":
            return ownership == "other party's" and "supplier" in named
        return ownership == "own" and role.removesuffix("_admin") in named

    def ownerships(self, rule: Rule) -> tuple[str, ...]:
        return OWNERSHIPS if rule.subject else ("own",)

    def url(self, name: str, rule: Rule, ownership: str, method: str = "GET") -> str:
        kwargs = self.kwargs(rule)
        params = [p for p in endpoints()[name].params if p not in kwargs]
        if params:
            kwargs[params[0]] = self.pk(rule.subject_of(method), ownership)
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

    def pk(self, kind: str, ownership: str) -> Any:
        return NOWHERE if ownership == "nonexistent" else self.documents[kind][ownership].pk

    def body(self, rule: Rule, ownership: str, method: str = "POST") -> Any:
        owner = ownership if ownership != "nonexistent" else "own"
        document = self.documents.get(rule.subject_of(method), {}).get(owner)
        return rule.body(self, document) if callable(rule.body) else rule.body

    def forbidden_words(self, role: str) -> set[str]:
        """The words and figures that ``role`` must never read."""
        if role == "anonymous":
            return {*CANARY.values(), *PRICED}
        if self.world.actors[role].is_staff:
            return {CANARY["foreign"], *_figures("foreign")}
        named = {"supplier2": "supplier2", "broker": None}.get(role, "supplier")  # whose documents name him
        paid = named if role.startswith("supplier") else None
        words = {word for party, word in CANARY.items() if party != named}
        prices = set().union(*(_figures(party) for party in PRICES if party != paid))
        return words | prices | ({INSURANCE} if role == "forwarder" else {INSURANCE, FREIGHT})


def _figures(party: str) -> set[str]:
    """A price, and what a hundred cost."""
    return {str(PRICES[party]), f"{PRICES[party] * 100:.2f}"}


PRICED = {INSURANCE, FREIGHT}.union(*(_figures(party) for party in PRICES))


def _form(body: dict) -> str:
    return urlencode(body, doseq=True)


def make_estate() -> Estate:
    """This will make both companies and, of every kind the policy names, one document for each owner."""
    estate = Estate(make_world("HP"), make_world("XX"))
    owners = {
        "own": Owner(estate.world, "supplier"),
        "other party's": Owner(estate.world, "supplier2"),
        "other company's": Owner(estate.foreign, "supplier", foreign=True),
    }
    for world in (estate.world, estate.foreign):
        add_agency(world)
        make_customer(world)
    for party, owner in (("supplier", "own"), ("supplier2", "other party's")):
        _name(getattr(estate.world, party), owners[owner].word)
        _name(getattr(estate.foreign, party), CANARY["foreign"])
    _name(estate.foreign.customer, CANARY["foreign"])
    for kind, (make, named) in sorted(MAKERS.items(), key=lambda one: one[0] in LATE):
        if kind in LATE:
            drain()
        estate.named[kind] = named
        estate.documents[kind] = {ownership: make(owner) for ownership, owner in owners.items()}
        assert all(estate.documents[kind].values()), kind
    _tell_inside(estate)
    _split_roles(estate.world)
    for role in ROLES:
        if role != "anonymous":
            estate.tokens[role] = estate.world.token(role)
        estate.client(role)  # logs in now: a session made during a call would be undone with it
    return estate


def _tell_inside(estate: Estate) -> None:
    """What only we know of: a draft, and files and notes on a document that parties see."""
    word, buyer = CANARY["inside"], estate.world.actors["buyer"]
    estate.world.order(remarks=word, named_place=f"Ningbo {word}")
    for kind in ("sourcing.purchaseorder", "logistics.shipment", "quality.inspection", "finance.supplierinvoice"):
        document = estate.documents[kind]["own"]
        file = SimpleUploadedFile(f"{word}.txt", word.encode(), "text/plain")
        files.attach(actor=buyer, document=document, file=file, name=f"{word}.txt")
        files.write_note(actor=buyer, document=document, text=word)


def _split_roles(world: World) -> None:
    """Logistics and the warehouse are two people here, and there are a broker and an administrator of the supplier."""
    organisations = {"warehouse": None, "broker": _broker(world), "supplier_admin": world.supplier}
    roles = {"warehouse": "warehouse", "broker": "broker", "supplier_admin": "party_admin"}
    for role, organisation in organisations.items():
        user = User.objects.create(email=f"{role}@hp.example", name=role.capitalize(), password="!")
        world.users[role] = user
        world.memberships[role] = Membership.objects.create(
            user=user, company=world.company, organisation=organisation, roles=[roles[role]]
        )
    world.memberships["logistics"].roles = ["logistics"]
    world.memberships["auditor"].approval_limit = 1_000_000  # so that only his role keeps him from approving
    for role in ("logistics", "auditor"):
        world.memberships[role].save()
    for role in (*organisations, "logistics", "auditor"):
        world.actors[role] = actor_of(world.memberships[role], channel="api")


def _broker(world: World) -> Organisation:
    return Organisation.objects.create(
        company=world.company, code="CB-01", name="Clearway", country_id="NL", is_broker=True
    )


def _name(organisation: Organisation, word: str) -> None:
    organisation.name = f"{organisation.name} {word}"
    organisation.address = f"1 {word} Road"
    organisation.save()


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
