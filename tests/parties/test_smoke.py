import pytest
from tests.masters import person
from suppliers.models import Supplier
pytestmark = pytest.mark.django_db

def test_pages(world):
    from core.models import ApprovalRule
    rule = ApprovalRule.objects.create(company_id=world.company.pk, kind="sourcing.purchaseorder", amount=5, role="approver")
    sup = Supplier.objects.get(organisation=world.supplier)
    m = world.memberships["buyer"].pk
    c = person(world, "admin")
    world.token("buyer")
    for url in ["/catalog/products/", "/catalog/products/new/", f"/catalog/products/new/?like={world.mug.pk}", "/catalog/products/import/", f"/catalog/products/{world.mug.pk}/", f"/catalog/products/{world.mug.pk}/edit/",
        "/catalog/product-groups/", "/catalog/product-groups/new/", f"/catalog/product-groups/{world.mug.group_id}/", "/suppliers/", "/suppliers/new/", f"/suppliers/new/?organisation={world.forwarder.pk}", "/suppliers/import/", f"/suppliers/{sup.pk}/", f"/suppliers/{sup.pk}/edit/", f"/suppliers/{sup.pk}/items/", f"/suppliers/{sup.pk}/hold/", f"/suppliers/{sup.pk}/step/block/",
        "/parties/organisations/", "/parties/customers/", "/parties/customers/new/", "/parties/organisations/new/", f"/parties/organisations/{world.supplier.pk}/", f"/parties/organisations/{world.supplier.pk}/edit/", "/parties/company/", "/parties/payment-terms/", "/parties/payment-terms/new/", f"/parties/payment-terms/{world.term.pk}/", "/parties/approval-rules/", "/parties/approval-rules/new/", f"/parties/approval-rules/{rule.pk}/", "/parties/people/", "/parties/people/invite/", f"/parties/people/invite/?organisation={world.supplier.pk}", f"/parties/people/{m}/", "/parties/tokens/", "/parties/tokens/new/", "/search/?q=mug"]:
        a = c.get(url)
        assert a.status_code == 200, (url, a.status_code, a.content[:500])
        for export in ("csv", "xlsx"):
            if a.context and "page" in a.context:
                b = c.get(url + ("&" if "?" in url else "?") + f"export={export}")
                assert b.status_code == 200 and b"".join(b.streaming_content)
