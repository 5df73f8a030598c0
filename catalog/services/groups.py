"""Product groups."""

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.events import GROUP_SAVED
from catalog.models import Product, ProductGroup
from core.actor import Actor
from core.documents import lock
from core.errors import RuleBroken
from core.outbox import announce


@transaction.atomic
def save_product_group(
    *,
    actor: Actor,
    code: str,
    name: str,
    name_zh: str = "",
    active: bool = True,
    group_id: int | None = None,
    version: int | None = None,
) -> ProductGroup:
    """This will add a product group, or change the one with ``group_id``.

    Raises RuleBroken for a code that another group of the company has, and when a group that still holds products in
    use is taken out of use.
    """
    actor.needs("catalog.change_product" if group_id else "catalog.add_product")
    groups = ProductGroup.objects.visible_to(actor)
    group = lock(groups, group_id, version=version) if group_id else ProductGroup(company_id=actor.company_id)
    code, name = code.strip(), name.strip()
    if not code or not name:
        raise RuleBroken(_("A group needs a code and a name."), field="name" if code else "code")
    if groups.filter(code__iexact=code).exclude(pk=group.pk).exists():
        raise RuleBroken(_("There is already a product group %(code)s.") % {"code": code}, field="code")
    if group.pk and group.active and not active:
        held = Product.objects.filter(group=group, active=True).count()
        if held:
            raise RuleBroken(
                _("%(count)s products in use stand in this group. Move or archive them first.") % {"count": held},
                field="active",
            )
    group.code, group.name, group.name_zh, group.active = code, name, name_zh.strip(), active
    if group.pk:
        group.bump()
    group.save()
    announce(GROUP_SAVED, group, actor=actor)
    return group
