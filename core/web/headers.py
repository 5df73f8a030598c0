"""Security headers on every answer, static files and errors included."""

import secrets

from django.urls import NoReverseMatch, reverse

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "object-src 'none'"
)
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
}


def report_address() -> str:
    try:
        return f"; report-uri {reverse('csp_report')}"
    except NoReverseMatch:
        return ""


class SecurityHeadersMiddleware:
    """This will give each request a nonce (``request.csp_nonce``) and each answer the policy that names it.

    What says nothing about caching is not kept by the browser: pages hold prices and people. Static files say so
    themselves (WhiteNoise).
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.csp_nonce = secrets.token_urlsafe(16)
        response = self.get_response(request)
        response["Content-Security-Policy"] = POLICY.format(nonce=request.csp_nonce) + report_address()
        for name, value in FIXED.items():
            response[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        return response
