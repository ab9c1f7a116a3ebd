"""Tokens and one's own profile over HTTP."""

from typing import Any, cast

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.crypto import constant_time_compare
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import hooks, services, tokens
from accounts.errors import ApiError
from accounts.models import AVATAR_MAX, FOREIGN_ID_MAX, NICKNAME_MAX, User
from accounts.schema import error_responses
from accounts.throttles import AddressThrottle, GuestThrottle, NicknameThrottle, PictureThrottle, WeChatThrottle
from accounts.wechat import login

CODE_MAX = 256
FORM_MAX = 64 * 1024
"""Bytes of a form beside its picture."""


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


class WeChatSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=CODE_MAX, help_text="What wx.login gave; good once, for five minutes.")


class ProfileChangeSerializer(serializers.Serializer[Any]):
    nickname = NicknameField(required=False)
    avatar = AvatarField(required=False, allow_blank=True)


class PictureSerializer(serializers.Serializer[Any]):
    """The same as a form with a file."""

    nickname = NicknameField(required=False)
    avatar = serializers.FileField(required=False, help_text="A JPEG, PNG, WebP or GIF picture.")


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


PROFILE_CHANGE: dict[str, Any] = {
    "request": {"application/json": ProfileChangeSerializer, "multipart/form-data": PictureSerializer},
    "responses": {200: UserSerializer, **error_responses(400, 401, 403, 413, 422, 429)},
}


class GuestsMayTalk(BasePermission):
    message = "This server gives no tokens to guests."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(settings.LIVEROOM_GUESTS == "talk")


class HasMiniProgram(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        if not settings.WECHAT_APPID:
            raise login.not_set()
        return True


class HasServerKey(BasePermission):
    message = "The X-Server-Key header is missing or wrong."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not settings.LIVEROOM_SERVER_KEYS:
            self.message = "This server has no keys: LIVEROOM_SERVER_KEYS is not set."
        given = request.headers.get("X-Server-Key", "")
        # Every key is compared, so that the time taken tells nothing.
        matches = [constant_time_compare(given, key) for key in settings.LIVEROOM_SERVER_KEYS]
        return any(matches)


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
        values = _validated(GuestSerializer, request.data)
        _check_nickname(values, None)
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
        user = services.user_issue(**_validated(IssueSerializer, request.data))
        if not user.is_active:
            raise ApiError("forbidden", 403, "This user is switched off.")
        return _token_response(user)


class WeChatView(ApiView):
    """Tokens for the users of a mini-program."""

    authentication_classes = ()
    permission_classes = (HasMiniProgram,)
    throttle_classes = (WeChatThrottle,)

    @extend_schema(
        operation_id="auth_wechat",
        request=WeChatSerializer,
        responses={200: TokenSerializer, **error_responses(400, 403, 429, 500, 503)},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Have WeChat say who this code is of, and return a token for that user; a new one has a made-up nickname."""
        code = _validated(WeChatSerializer, request.data)["code"]
        # WeChat is waited for on the event loop; see docs/decisions/0025.
        session = async_to_sync(login.session_of)(code)
        language = translation.get_language_from_request(request._request)
        user = login.user_of(session, language=language)
        if not user.is_active:
            raise ApiError("forbidden", 403, "This user is switched off.")
        return _token_response(user)


class MeView(ApiView):
    """One's own profile."""

    permission_classes = (IsAuthenticated,)
    parser_classes = (JSONParser, MultiPartParser)

    @extend_schema(operation_id="auth_me", responses={200: UserSerializer, **error_responses(401)})
    def get(self, request: Request) -> Response:
        """Return who the caller is."""
        return Response(UserSerializer(_caller(request)).data)

    @extend_schema(operation_id="auth_me_change", **PROFILE_CHANGE)
    def patch(self, request: Request) -> Response:
        """Change the nickname, the avatar or both; an avatar is an address, or a picture in a form."""
        return self._change(request)

    @extend_schema(operation_id="auth_me_change_by_post", **PROFILE_CHANGE)
    def post(self, request: Request) -> Response:
        """The same for mini-programs: they have no PATCH, and send files by POST alone."""
        return self._change(request)

    def _change(self, request: Request) -> Response:
        user, upload, data = _caller(request), self._upload(request), cast(Any, request.data)
        if upload is not None:
            data = {name: value for name, value in data.items() if name != "avatar"}
        values = _validated(ProfileChangeSerializer, data)
        if values.get("nickname", "").strip() == user.nickname:
            # A form sends it along with the picture.
            values.pop("nickname", None)
        elif values.get("nickname"):
            self._throttle(NicknameThrottle(), request)
        _check_nickname(values, user)
        if upload is None:
            user = services.profile_update(user=user, **values)
        else:
            user = services.profile_update(user=user, **values, picture=upload)
        return Response(UserSerializer(user).data)

    def _upload(self, request: Request) -> "UploadedFile[bytes] | None":
        """Return the form's picture, whose size is right. Raises ApiError, Throttled."""
        limit = settings.LIVEROOM_AVATAR_BYTES
        too_large = ApiError("too_large", 413, "The picture is too large.", field="avatar", limit=limit)
        # Before it is read: a form of any size would be put on the disk.
        if limit and _content_length(request) > limit + FORM_MAX:
            raise too_large
        upload: UploadedFile[bytes] | None = request.FILES.get("avatar")
        if upload is None:
            return None
        if limit and (upload.size or 0) > limit:
            raise too_large
        self._throttle(PictureThrottle(), request)
        return upload

    def _throttle(self, throttle: AddressThrottle, request: Request) -> None:
        """Raise Throttled for too many."""
        if not throttle.allow_request(request, self):
            self.throttled(request, throttle.wait() or 1)


def _caller(request: Request) -> User:
    """Return who IsAuthenticated has let through."""
    return cast(User, request.user)


def _content_length(request: Request) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdigit() else 0


def _validated(serializer_class: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    serializer = serializer_class(data=data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _check_nickname(values: dict[str, Any], user: User | None) -> None:
    """Raise what the other apps have against the nickname, if there is one."""
    if nickname := values.get("nickname"):
        for check in hooks.nickname_checks:
            check(nickname, user)


def _token_response(user: User) -> Response:
    body = {"token": tokens.issue(user), "expires_in": settings.LIVEROOM_TOKEN_AGE, "user": user}
    return Response(TokenSerializer(body).data, headers={"Cache-Control": "no-store"})
