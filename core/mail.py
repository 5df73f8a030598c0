"""Mail leaves only after its transaction, from the worker, at least once, under a stable Message-ID."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from core import nudge
from core.actor import system
from core.models import OutgoingMail
from core.scope import scope


def queue(*, to: str, subject: str, text: str, company_id: int | None = None) -> OutgoingMail:
    """This will decide a mail within the current transaction; the worker sends it after the commit."""
    mail = OutgoingMail.objects.create(to=to, subject=subject, text=text, company_id=company_id)
    nudge.after_commit()
    return mail


def send_due(limit: int = 100) -> int:
    """This will send the mails still unsent, one transaction each; returns how many went out."""
    sent = 0
    while sent < limit:
        with scope(system()):
            mail = OutgoingMail.objects.select_for_update(skip_locked=True).filter(sent_at=None).order_by("id").first()
            if mail is None:
                return sent
            message = EmailMessage(
                mail.subject,
                mail.text,
                settings.DEFAULT_FROM_EMAIL,
                [mail.to],
                headers={"Message-ID": f"<iscm-{mail.pk}@iscm>"},
            )
            message.send()
            mail.sent_at = timezone.now()
            mail.save(update_fields=["sent_at"])
            sent += 1
    return sent
