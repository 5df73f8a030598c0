"""Every page of the masters opens for the administrator, and every list exports."""

import pytest

from core.models import ApprovalRule
from suppliers.models import Supplier
from tests.masters import person

pytestmark = pytest.mark.django_db


def test_every_page_opens_and_every_list_exports(world):
    rule = ApprovalRule.objects.create(
        company_id=world.company.pk, kind="sourcing.purchaseorder", amount=5, role="approver"
    )
    supplier = Supplier.objects.filter(organisation=world.supplier).first().pk
    product, organisation = world.mug.pk, world.supplier.pk
    world.token("buyer")
    client = person(world, "admin")
    lists = [
        "/catalog/products/",
        "/catalog/product-groups/",
        "/suppliers/",
        "/parties/organisations/",
        "/parties/payment-terms/",
        "/parties/approval-rules/",
        "/parties/people/",
        "/parties/tokens/",
    ]
    pages = [
        "/catalog/products/new/",
        f"/catalog/products/new/?like={product}",
        "/catalog/products/import/",
        f"/catalog/products/{product}/",
        f"/catalog/products/{product}/edit/",
        "/catalog/product-groups/new/",
        f"/catalog/product-groups/{world.mug.group_id}/",
        "/suppliers/new/",
        f"/suppliers/new/?organisation={world.forwarder.pk}",
        "/suppliers/import/",
        f"/suppliers/{supplier}/",
        f"/suppliers/{supplier}/edit/",
        f"/suppliers/{supplier}/items/",
        f"/suppliers/{supplier}/hold/",
        f"/suppliers/{supplier}/step/block/",
        "/parties/organisations/new/",
        f"/parties/organisations/{organisation}/",
        f"/parties/organisations/{organisation}/edit/",
        "/parties/company/",
        "/parties/payment-terms/new/",
        f"/parties/payment-terms/{world.term.pk}/",
        "/parties/approval-rules/new/",
        f"/parties/approval-rules/{rule.pk}/",
        "/parties/people/invite/",
        f"/parties/people/invite/?organisation={organisation}",
        f"/parties/people/{world.memberships['buyer'].pk}/",
        "/parties/tokens/new/",
        "/search/?q=mug",
        "/search/?q=haisong",
    ]
    for address in [*lists, *pages]:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.content[:500])
    for address in lists:
        for kind in ("csv", "xlsx"):
            export = client.get(f"{address}?export={kind}")
            assert export.status_code == 200 and len(b"".join(export.streaming_content)) > 20, address
