from rest_framework.permissions import BasePermission


class ActorRequired(BasePermission):
    """Nobody without an actor gets in; what the actor may do, the view's ``permission`` and the services say."""

    def has_permission(self, request, view) -> bool:
        actor = getattr(request._request, "actor", None)
        if actor is None or not request.user:
            return False
        needed = getattr(view, "view_permission", None)
        return actor.can(needed) if needed else True
