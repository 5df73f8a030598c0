"""How the API knows who calls: a bearer token, or the browser's own session (with CSRF)."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed


class BearerToken(BaseAuthentication):
    """``Authorization: Bearer iscm_…``; the middleware has already looked the token up and opened the actor's scope."""

    def authenticate(self, request):
        if "Authorization" not in request.headers:
            return None
        refusal = getattr(request._request, "token_refusal", None)
        if refusal:
            raise AuthenticationFailed(refusal)
        return request._request.user, request._request.actor

    def authenticate_header(self, request) -> str:
        return 'Bearer realm="ISCM"'


class Session(SessionAuthentication):
    """The browser's session; the actor was built by ScopeMiddleware."""

    def authenticate(self, request):
        found = super().authenticate(request)
        actor = getattr(request._request, "actor", None)
        return (found[0], actor) if found and actor else None

    def authenticate_header(self, request) -> str:
        return "Session"


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = BearerToken
    name = "bearer"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "A token made under Settings, or with createtoken."}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = Session
    name = "session"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
