from allauth.account.adapter import DefaultAccountAdapter


class InvitedOnly(DefaultAccountAdapter):
    """People are invited by an administrator; nobody signs up."""

    def is_open_for_signup(self, request) -> bool:
        return False
