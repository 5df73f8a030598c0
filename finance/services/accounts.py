"""Where suppliers are paid: the classic fraud is a letter with new bank data, so new data wait and a second person looks."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from core import work
from core.actor import Actor
from core.documents import lock
from core.errors import NotAllowed, RuleBroken, TransitionRefused
from core.outbox import announce
from finance.events import ACCOUNT_CONFIRMED, ACCOUNT_ENTERED
from finance.models import BankAccount
from parties.models import Organisation

COOLING_DAYS = 5
CONFIRM_TASK = "finance.confirm_account"


@transaction.atomic
def enter_account(
    *,
    actor: Actor,
    organisation_id: int,
    holder: str,
    account: str,
    today: date,
    bank_code: str = "",
    bank_name: str = "",
) -> BankAccount:
    """This will replace the bank data of an organisation; nothing is paid there before they are confirmed and have
    cooled off for five days.
    """
    actor.needs("finance.enter_account")
    organisation = lock(Organisation.objects.visible_to(actor), organisation_id)
    for name, value in (("holder", holder), ("account", account)):
        if not value.strip():
            raise RuleBroken(_("Enter account holder and account number."), field=name)
    BankAccount.objects.filter(organisation=organisation, active=True).update(active=False)
    row = BankAccount.objects.create(
        company_id=organisation.company_id,
        organisation=organisation,
        holder=holder.strip(),
        account="".join(account.split()).upper(),
        bank_code=bank_code.strip().upper(),
        bank_name=bank_name.strip(),
        entered_date=today,
        usable_from=today + timedelta(days=COOLING_DAYS),
        entered_by=actor.name,
        entered_by_id=actor.user_id,
    )
    work.open_task(
        CONFIRM_TASK, row, title=_("Confirm the bank data of %(supplier)s by telephone") % {"supplier": organisation},
        role="approver",
    )  # fmt: skip
    announce(ACCOUNT_ENTERED, row, actor=actor, about=[organisation])
    return row


@transaction.atomic
def confirm_account(*, actor: Actor, account_id: int) -> BankAccount:
    """This will confirm bank data that somebody else entered (NotAllowed for one's own)."""
    actor.needs("finance.confirm_account")
    row = lock(BankAccount.objects.visible_to(actor), account_id)
    if row.confirmed_by or not row.active:
        raise TransitionRefused(_("These bank data are already confirmed or replaced."))
    if actor.is_who(row.entered_by_id, row.entered_by):
        raise NotAllowed(_("You entered these bank data yourself; somebody else must confirm them."))
    row.confirmed_by = actor.name
    row.save()
    work.finish_tasks(row, CONFIRM_TASK)
    announce(ACCOUNT_CONFIRMED, row, actor=actor, about=[row.organisation])
    return row
