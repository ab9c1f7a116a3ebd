"""Requests and answers as msgspec structs, the objects of the socket: read, written, told to the OpenAPI document."""

from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from accounts.api import ApiView
from rooms.reading import bad_field, whole_characters

T = TypeVar("T", bound=msgspec.Struct)


class WireParser(BaseParser):
    """Reads JSON as the socket does."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read() if limit is None else stream.read(limit + 1)
        if limit is not None and len(body) > limit:
            raise RequestDataTooBig
        try:
            return msgspec.json.decode(whole_characters(body.decode()))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise ParseError("The body is no JSON.") from None


class WireRenderer(BaseRenderer):
    """Writes structs, and JSON that is finished already (msgspec.Raw)."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        # REST framework's details are a kind of str, and its metadata holds lazy texts.
        return b"" if data is None else msgspec.json.encode(data, enc_hook=str)


class WireView(ApiView):
    """A view that takes and returns structs."""

    parser_classes = (WireParser,)
    renderer_classes = (WireRenderer,)


def body(request: Request, kind: type[T]) -> T:
    """Read the request's body; raises Refused ``bad_message`` naming the field."""
    return _convert(request.data, kind, strict=True)


def query(request: Request, kind: type[T]) -> T:
    """Read the request's query; raises Refused ``bad_message`` naming the field."""
    return _convert(request.query_params.dict(), kind, strict=False)


def _convert(data: Any, kind: type[T], *, strict: bool) -> T:
    try:
        return msgspec.convert(data, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise bad_field(error) from None


def link(request: Request, **values: Any) -> str:
    """Return this request's address with these values for its query: a path, so relative to where the caller asked."""
    return f"{request.path}?{urlencode(values)}"


class StructSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Describes a struct that stands in ``extend_schema``."""

    target_class = "msgspec.Struct"
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: str) -> str:
        return str(self.target.__name__)

    def get_identity(self, auto_schema: AutoSchema, direction: str) -> str:
        # Of the structs inside a struct only the names are known.
        return str(self.target.__name__)

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        components = _components(self.target)
        schema: dict[str, Any] = components.pop(self.target.__name__)
        for name, component in components.items():
            auto_schema.registry.register_on_missing(
                ResolvedComponent(  # type: ignore[no-untyped-call]
                    name=name, type=ResolvedComponent.SCHEMA, object=name, schema=component
                )
            )
        return schema


def query_parameters(kind: type[msgspec.Struct]) -> list[OpenApiParameter]:
    """Describe the fields of a struct that ``query`` reads."""
    schema = _components(kind)[kind.__name__]
    return [
        OpenApiParameter(name, field, OpenApiParameter.QUERY, required=name in schema["required"])
        for name, field in schema["properties"].items()
    ]


def _components(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The schemas of a struct and of all inside it, by name."""
    return msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")[1]
