"""Mail leaves after its transaction; one that cannot be sent steps aside for the others."""

import pytest
from django.core import mail as sent
from django.core.mail.backends.locmem import EmailBackend

from core import mail
from core.models import OutgoingMail

pytestmark = pytest.mark.django_db
REFUSED = "nobody@nowhere.example"


class Choosy(EmailBackend):
    """A mail server that does not know one address."""

    def send_messages(self, messages):
        if any(REFUSED in message.to for message in messages):
            raise OSError("550 no such user")
        return super().send_messages(messages)


def test_a_mail_that_cannot_be_sent_keeps_its_error_and_holds_up_nobody(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Choosy"
    bad = mail.queue(to=REFUSED, subject="one", text="t")
    good = mail.queue(to="li@supplier.example", subject="two", text="t")
    assert mail.send_due() == 1
    assert [(m.to, m.subject) for m in sent.outbox] == [(["li@supplier.example"], "two")]
    assert sent.outbox[0].extra_headers["Message-ID"] == f"<iscm-{good.pk}@iscm>"
    bad.refresh_from_db()
    assert bad.sent_at is None and bad.attempts == 1 and bad.last_error == "OSError: 550 no such user"
    assert mail.send_due() == 0, "it waits a while before the next try"

    OutgoingMail.objects.filter(pk=bad.pk).update(to="somebody@nowhere.example", due_at="2026-01-01T00:00:00Z")
    assert mail.send_due() == 1
    bad.refresh_from_db()
    assert bad.sent_at and bad.last_error == "" and mail.send_due() == 0
