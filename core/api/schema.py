"""OpenAPI: every operation also documents the problem details it can answer."""

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from core.api.problem import CONTENT_TYPE, ProblemSerializer

_DESCRIPTIONS = {
    "400": "An input is wrong; errors name each by JSON pointer.",
    "401": "No valid token or session.",
    "403": "The role does not allow it.",
    "404": "No such document, or not visible to the caller.",
    "405": "Method not allowed.",
    "406": "Only application/json is spoken.",
    "409": "The document's state, or somebody else's change, does not allow it now.",
    "412": "The document changed since it was read.",
    "415": "Send application/json.",
    "422": "A rule of the trade refuses it.",
    "428": "If-Match is required.",
    "429": "Too many requests; see Retry-After.",
}


class ProblemAutoSchema(AutoSchema):
    def _get_response_bodies(self, direction="response"):
        responses = super()._get_response_bodies(direction)
        codes = ["400", "401", "403", "404", "405", "406", "409", "429"]
        if self.method in ("POST", "PATCH", "PUT", "DELETE"):
            codes += ["412", "415", "422", "428"]
        schema = self.resolve_serializer(ProblemSerializer, "response").ref
        for code in codes:
            responses.setdefault(
                code, {"description": _DESCRIPTIONS[code], "content": {CONTENT_TYPE: {"schema": schema}}}
            )
        return responses

    def get_override_parameters(self):
        if self.method == "POST":
            return [
                OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description="Makes a retry safe."),
                OpenApiParameter(
                    "If-Match", str, OpenApiParameter.HEADER, description="The ETag of the version you saw."
                ),
            ]
        return []
