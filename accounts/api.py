"""Tokens and one's own profile over HTTP."""

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.crypto import constant_time_compare
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from accounts import hooks, services, tokens
from accounts.errors import ApiError
from accounts.models import AVATAR_MAX, FOREIGN_ID_MAX, NICKNAME_MAX, User
from accounts.schema import error_responses


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": NICKNAME_MAX})
class NicknameField(serializers.CharField):
    """A string; what a nickname may be is the services' rule."""


@extend_schema_field({"type": "string", "maxLength": AVATAR_MAX})
class AvatarField(serializers.CharField):
    """A string; what an avatar may be is the services' rule."""


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": FOREIGN_ID_MAX})
class ExternalIdField(serializers.CharField):
    """A string; what an external id may be is the services' rule."""


class GuestSerializer(serializers.Serializer[Any]):
    nickname = NicknameField(required=False, allow_blank=True)


class IssueSerializer(serializers.Serializer[Any]):
    external_id = ExternalIdField()
    nickname = NicknameField()
    avatar = AvatarField(required=False, allow_blank=True)


class ProfileChangeSerializer(serializers.Serializer[Any]):
    nickname = NicknameField(required=False)
    avatar = AvatarField(required=False, allow_blank=True)


class UserSerializer(serializers.Serializer[User]):
    """The user object of the wire; outside a room everybody is a viewer."""

    id = serializers.CharField(source="public_id")
    nickname = serializers.CharField()
    avatar = serializers.CharField()
    role = serializers.ChoiceField(choices=["viewer"], default="viewer")


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")
    user = UserSerializer()


class GuestsMayTalk(BasePermission):
    message = "This server gives no tokens to guests."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(settings.LIVEROOM_GUESTS == "talk")


class HasServerKey(BasePermission):
    message = "The X-Server-Key header is missing or wrong."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not settings.LIVEROOM_SERVER_KEYS:
            self.message = "This server has no keys: LIVEROOM_SERVER_KEYS is not set."
        given = request.headers.get("X-Server-Key", "")
        # Every key is compared, so that the time taken tells nothing.
        matches = [constant_time_compare(given, key) for key in settings.LIVEROOM_SERVER_KEYS]
        return any(matches)


class GuestThrottle(SimpleRateThrottle):
    """Bounds how many guests one address makes; counted per server process."""

    scope = "guest"

    def get_rate(self) -> str | None:
        rate = settings.LIVEROOM_GUEST_RATE
        return f"{rate}/min" if rate else None

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class ApiView(APIView):
    """A view whose error details are English, whatever the caller's language: they are for developers.

    What it answers is for its caller, and may be otherwise the next time: nobody keeps it, unless the view says so.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with translation.override("en"):
            response = super().dispatch(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class GuestView(ApiView):
    """A token for somebody without an account."""

    # A caller's stale token or session is no reason to refuse a new one.
    authentication_classes = ()
    permission_classes = (GuestsMayTalk,)
    throttle_classes = (GuestThrottle,)

    @extend_schema(
        operation_id="auth_guest",
        request=GuestSerializer,
        responses={200: TokenSerializer, **error_responses(400, 403, 422, 429)},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Make a guest; without a nickname one is made up."""
        values = _validated(GuestSerializer, request)
        _check_nickname(values)
        language = translation.get_language_from_request(request._request)
        nickname = values.get("nickname") or services.guest_nickname(language=language)
        return _token_response(services.user_create_guest(nickname=nickname))


class IssueView(ApiView):
    """Tokens for the users of an existing system."""

    authentication_classes = ()
    permission_classes = (HasServerKey,)

    @extend_schema(
        operation_id="auth_issue",
        parameters=[OpenApiParameter("X-Server-Key", str, OpenApiParameter.HEADER, required=True)],
        request=IssueSerializer,
        responses={200: TokenSerializer, **error_responses(400, 403)},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Create the user with this external id or bring him up to date, and return a token for him."""
        user = services.user_issue(**_validated(IssueSerializer, request))
        if not user.is_active:
            raise ApiError("forbidden", 403, "This user is switched off.")
        return _token_response(user)


class MeView(ApiView):
    """One's own profile."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(operation_id="auth_me", responses={200: UserSerializer, **error_responses(401)})
    def get(self, request: Request) -> Response:
        """Return who the caller is."""
        return Response(UserSerializer(_caller(request)).data)

    @extend_schema(
        operation_id="auth_me_change",
        request=ProfileChangeSerializer,
        responses={200: UserSerializer, **error_responses(400, 401, 403, 422)},
    )
    def patch(self, request: Request) -> Response:
        """Change the nickname, the avatar or both."""
        values = _validated(ProfileChangeSerializer, request)
        _check_nickname(values)
        user = services.profile_update(user=_caller(request), **values)
        return Response(UserSerializer(user).data)


def _caller(request: Request) -> User:
    """Return who IsAuthenticated has let through."""
    return cast(User, request.user)


def _validated(serializer_class: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _check_nickname(values: dict[str, Any]) -> None:
    """Raise what the other apps have against the nickname, if there is one."""
    if nickname := values.get("nickname"):
        for check in hooks.nickname_checks:
            check(nickname)


def _token_response(user: User) -> Response:
    body = {"token": tokens.issue(user), "expires_in": settings.LIVEROOM_TOKEN_AGE, "user": user}
    return Response(TokenSerializer(body).data, headers={"Cache-Control": "no-store"})
