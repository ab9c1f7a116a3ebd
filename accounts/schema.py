"""What the OpenAPI document says about logging in and about errors."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes `accounts.authentication.BearerAuthentication`."""

    target_class = "accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer"}


class ErrorSerializer(serializers.Serializer[Any]):
    """Every HTTP error; the socket's `error` frame has the same fields."""

    msg_type = serializers.ChoiceField(choices=["error"])
    ts = serializers.IntegerField(help_text="When, in ms since 1970 UTC.")
    code = serializers.CharField(help_text="What programs read.")
    detail = serializers.CharField(help_text="English, for developers.")
    retry = serializers.BooleanField(help_text="Whether the same request can succeed later.")
    retry_after = serializers.FloatField(required=False, help_text="Seconds to wait before that.")
    field = serializers.CharField(required=False, help_text="The field that is wrong.")
    limit = serializers.FloatField(required=False, help_text="The limit that was passed.")
    until = serializers.IntegerField(required=False, help_text="When the refusal ends, in ms since 1970 UTC.")


def error_responses(*statuses: int) -> dict[int, type[ErrorSerializer]]:
    """Return what `extend_schema(responses=…)` takes for these HTTP statuses."""
    return dict.fromkeys(statuses, ErrorSerializer)
