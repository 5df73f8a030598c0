"""The one shape of a document's API: list and detail, create, and a POST for every step of its flow."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import mixins, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from core.actor import Actor
from core.api import idempotency
from core.api.filters import check_parameters
from core.errors import MissingPrecondition, NotVisible, StaleDocument


class ActorView:
    """Mixin: ``self.actor``, what the address asks for, and idempotency keys on every POST."""

    request: Any

    @property
    def actor(self) -> Actor:
        return self.request._request.actor

    def asked(self, serializer_class) -> dict[str, Any]:
        """The validated parameters of the address; one that ``serializer_class`` does not know is refused (400)."""
        serializer = serializer_class(data=self.request.query_params.dict())
        check_parameters(self.request.query_params, {*serializer.fields, "format"})
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        request.actor = request._request.actor

    def dispatch(self, request, *args, **kwargs):
        """DRF's dispatch, with the idempotency key reserved before the handler and its answer kept after it."""
        if request.method != "POST":
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        self.args, self.kwargs = args, kwargs
        request = self.initialize_request(request, *args, **kwargs)  # type: ignore[attr-defined]
        self.request, self.headers = request, self.default_response_headers  # type: ignore[attr-defined]
        try:
            self.initial(request, *args, **kwargs)
            handler = getattr(self, "post", self.http_method_not_allowed)  # type: ignore[attr-defined]
            reserved, response = idempotency.begin(request)
            if response is None:
                response = handler(request, *args, **kwargs)
                if reserved and response.status_code < 400:
                    idempotency.finish(reserved, response)
        except Exception as error:
            response = self.handle_exception(error)  # type: ignore[attr-defined]
        self.response = self.finalize_response(request, response, *args, **kwargs)  # type: ignore[attr-defined]
        return self.response


class DocumentViewSet(ActorView, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """List and detail of what the actor may see; subclasses add create and the flow's steps, each one service call."""

    lookup_value_regex = r"[0-9]{1,18}"
    view_permission: ClassVar[str | None] = None

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.method == "GET" and self.detail:  # a list's parameters are those of its filters
            check_parameters(request.query_params, {"format"})

    def get_queryset(self) -> QuerySet:
        return (
            self.queryset.model.objects.visible_to(self.actor) if self.queryset is not None else super().get_queryset()
        )

    def get_object(self):
        """The visible document, or 404: not there and not yours are the same answer."""
        found = next(iter(self.filter_for_detail(self.get_queryset()).filter(pk=self.kwargs["pk"]).order_by()), None)
        if found is None:
            raise NotVisible()
        return found

    def filter_for_detail(self, queryset: QuerySet) -> QuerySet:
        """A hook for the detail's prefetches."""
        return queryset

    def retrieve(self, request, *args, **kwargs) -> Response:
        return self.answer(self.get_object())

    def answer(self, document, status: int = 200) -> Response:
        """The document's detail with its ETag (and Location when created)."""
        data = self.get_serializer(document).data
        headers = {}
        if hasattr(document, "version"):
            headers["ETag"] = etag(document)
        if status == 201 and "url" in data:
            headers["Location"] = data["url"]
        return Response(data, status=status, headers=headers)

    def respond(self, data, status: int = 200) -> Response:
        """Plain data, or documents in the list's shape."""
        if data and hasattr(data[0], "pk"):
            data = self.get_serializer(data, many=True).data
        return Response(data, status=status)

    def nothing(self) -> Response:
        return Response(status=204)

    def read(self, serializer_class, **kwargs) -> Any:
        """The validated body by ``serializer_class``; raises ValidationError (400)."""
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context(), **kwargs)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def expected_version(self, *, required: bool = False) -> int | None:
        """The version named by If-Match; raises 428 when required and missing, 412 when it cannot be one of ours."""
        given = self.request.headers.get("If-Match")
        if given is None:
            if required:
                raise MissingPrecondition("Send If-Match with the ETag of the version you have seen.")
            return None
        if given.strip() == "*":
            return None
        value = given.strip().removeprefix("W/").strip('"').rpartition("-")[2]
        if not (value.isdecimal() and value.isascii() and len(value) < 10):
            raise StaleDocument("If-Match does not name a version of this document; read it again.")
        return int(value)


def etag(document) -> str:
    """A strong validator: the document and its version."""
    return f'"{document._meta.model_name}-{document.pk}-{document.version}"'


def bulk_body(data: Any, limit: int = 1000) -> list:
    """The body of a bulk call: a JSON list of 1 to ``limit`` objects. Raises ValidationError."""
    if not isinstance(data, list) or not 1 <= len(data) <= limit:
        raise ValidationError({"non_field_errors": [f"Send a list of 1 to {limit} objects."]})
    return data
