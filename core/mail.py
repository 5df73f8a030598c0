"""Mail leaves only after its transaction, from the worker, at least once, under a stable Message-ID."""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models.functions import Now
from django.utils import timezone

from core import nudge
from core.actor import system
from core.models import OutgoingMail
from core.scope import scope

log = logging.getLogger(__name__)


def queue(*, to: str, subject: str, text: str, company_id: int | None = None) -> OutgoingMail:
    """This will decide a mail within the current transaction; the worker sends it after the commit."""
    mail = OutgoingMail.objects.create(to=to, subject=subject, text=text, company_id=company_id)
    nudge.after_commit()
    return mail


def send_due(limit: int = 100) -> int:
    """This will send the mails that are due, one transaction each; returns how many went out.

    One that cannot be sent keeps its error and is tried again later, at most an hour apart; the others go out.
    """
    sent = 0
    for _attempt in range(limit):
        with scope(system()):
            due = OutgoingMail.objects.filter(sent_at=None, due_at__lte=Now()).order_by("due_at", "id")
            mail = due.select_for_update(skip_locked=True).first()
            if mail is None:
                break
            try:
                _send(mail)
            except Exception as error:  # the server, the network or the address: whatever it is, the others go on
                log.warning("mail not sent", extra={"mail": mail.pk, "error": str(error)})
                wait = min(3600, 2 ** min(mail.attempts, 8) * 15)
                mail.attempts, mail.last_error = mail.attempts + 1, f"{type(error).__name__}: {error}"[:2000]
                mail.due_at = timezone.now() + timedelta(seconds=wait)
            else:
                mail.sent_at, mail.last_error = timezone.now(), ""
                sent += 1
            mail.save(update_fields=["attempts", "last_error", "due_at", "sent_at"])
    return sent


def _send(mail: OutgoingMail) -> None:
    EmailMessage(
        mail.subject,
        mail.text,
        settings.DEFAULT_FROM_EMAIL,
        [mail.to],
        headers={"Message-ID": f"<iscm-{mail.pk}@iscm>"},
    ).send()
