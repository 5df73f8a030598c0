"""Products, organisations, people, terms and settings."""

from decimal import Decimal

from django.utils import timezone

from catalog import services as catalog
from parties import services as parties
from parties.models import Membership, User
from suppliers import services as suppliers
from suppliers.models import Supplier
from tests.factories import TODAY
from tests.proofs.makers.owner import Owner, maker

D = Decimal


def _new_product(owner: Owner, letter: str):
    product = catalog.ProductInput(sku=f"{letter} {owner.word}", name=owner.word, description=owner.word)
    return catalog.create_product(**owner.by("buyer"), product=product)


@maker("catalog.product")
def _product(owner: Owner):
    return _new_product(owner, "P")


@maker("catalog.product:archived")
def _product_archived(owner: Owner):
    return catalog.archive_products(**owner.by("buyer"), product_ids=[_new_product(owner, "A").pk])[0]


@maker("catalog.productgroup")
def _product_group(owner: Owner):
    return catalog.save_product_group(**owner.by("buyer"), code=owner.word[:30], name=owner.word)


@maker("suppliers.supplier")
def _supplier(owner: Owner):
    supplier = Supplier.objects.get(organisation=getattr(owner.world, owner.party))
    item = suppliers.ItemInput(owner.world.mug.pk, supplier_sku=owner.word, unit_price=owner.price)
    return suppliers.save_supplier_items(**owner.by("buyer"), supplier_id=supplier.pk, items=[item])


def _new_supplier(owner: Owner, letter: str):
    known = parties.OrganisationInput(code=f"{letter}{owner.word}"[:30], name=f"{owner.word} {letter}", country="CN")
    return suppliers.create_supplier(**owner.by("buyer"), supplier=suppliers.SupplierInput(known))


@maker("suppliers.supplier:prospect")
def _supplier_prospect(owner: Owner):
    return _new_supplier(owner, "N")


@maker("suppliers.supplier:held")
def _supplier_held(owner: Owner):
    return suppliers.hold_supplier(
        **owner.by("quality"), supplier_id=_new_supplier(owner, "H").pk, kind="all", reason=owner.word, today=TODAY
    )


@maker("parties.organisation")
def _organisation(owner: Owner):
    return owner.organisation("O", "is_carrier")


@maker("parties.paymentterm")
def _payment_term(owner: Owner):
    whole = parties.InstalmentInput(D(100), "invoiced", 30)
    return parties.save_payment_term(**owner.by("finance"), code=owner.word[:20], name=owner.word, instalments=[whole])


@maker("parties.company")
def _company(owner: Owner):
    return owner.world.company


@maker("core.approvalrule")
def _approval_rule(owner: Owner):
    amount = D(10**9 + len(owner.party))  # above anything ordered here
    return parties.save_approval_rule(
        **owner.by("admin"), kind="sourcing.purchaseorder", amount=amount, role="approver"
    )


@maker("parties.membership")
def _member(owner: Owner):
    return owner.world.memberships["junior" if owner.first else "auditor"]


@maker("parties.membership:inactive")
def _member_inactive(owner: Owner):
    company = owner.world.company
    user = User.objects.create(email=f"{owner.word}@{company.code}.example".lower(), name=owner.word, password="!")
    return Membership.objects.create(user=user, company=company, roles=["buyer"], active=False)


@maker("parties.apitoken")
def _token(owner: Owner):
    member = owner.world.memberships["junior"].pk
    return parties.create_token(**owner.by("admin"), membership_id=member, name=owner.word, now=timezone.now())[0]
