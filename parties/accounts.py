from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.urls import reverse


class InvitedOnly(DefaultAccountAdapter):
    """People are invited by an administrator; nobody signs up."""

    def is_open_for_signup(self, request) -> bool:
        return False


def password_link(user) -> str:
    """The address under which this person chooses a password: allauth's reset link, good once and for some days."""
    from allauth.account.forms import default_token_generator  # both need the apps to be loaded
    from allauth.account.utils import user_pk_to_url_str

    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return settings.SITE_URL.rstrip("/") + reverse("account_reset_password_from_key", kwargs=key)
