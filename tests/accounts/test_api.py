"""The routes of /api/auth/."""

import re
import time
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import services, tokens
from accounts.models import User
from tests.accounts.errors import error_of

JSON = "application/json"
LI = {"id": "00000000000000aa", "nickname": "李雷", "avatar": "/a.png", "role": "viewer"}


def bearer(user: User) -> dict[str, str]:
    """Return the headers of a request that carries the user's token."""
    return {"Authorization": f"Bearer {tokens.issue(user)}"}


@pytest.fixture
def talking(settings: Settings, db: None) -> None:
    """Let guests talk."""
    settings.LIVEROOM_GUESTS = "talk"


@pytest.fixture
def server_keys(settings: Settings, db: None) -> None:
    """Let two existing systems issue tokens."""
    settings.LIVEROOM_SERVER_KEYS = ["key-of-shop", "key-of-club"]


# --- guest


@pytest.mark.usefixtures("talking")
@pytest.mark.parametrize("path", ["/api/auth/guest", "/api/auth/guest/"])
def test_a_guest_gets_a_token(client: Client, path: str) -> None:
    """With and without the last slash."""
    response = client.post(path, {"nickname": " 小明 "}, JSON)
    guest = User.objects.get()
    body = response.json()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert tokens.verify(body.pop("token")) == guest
    assert guest.is_guest
    assert body == {
        "expires_in": 30 * 24 * 3600,
        "user": {"id": guest.public_id, "nickname": "小明", "avatar": "", "role": "viewer"},
    }


@pytest.mark.usefixtures("talking")
@pytest.mark.parametrize("body", [{}, {"nickname": ""}, {"nickname": "  "}])
def test_a_guest_without_a_nickname_gets_one(client: Client, body: dict[str, str]) -> None:
    """Nothing but spaces is no nickname."""
    response = client.post("/api/auth/guest", body, JSON)
    assert re.fullmatch(r"Guest \d{4}", response.json()["user"]["nickname"])


@pytest.mark.usefixtures("talking")
def test_a_stale_token_does_not_keep_a_guest_from_a_new_one(client: Client) -> None:
    """The header is not looked at."""
    response = client.post("/api/auth/guest", {}, JSON, headers={"Authorization": "Bearer stale"})
    assert response.status_code == 200


@pytest.mark.django_db
def test_where_guests_only_watch_there_is_no_guest_token(client: Client, settings: Settings) -> None:
    """The default is closed."""
    settings.LIVEROOM_GUESTS = "watch"
    response = client.post("/api/auth/guest", {}, JSON)
    assert response.status_code == 403
    assert error_of(response) == {
        "code": "forbidden",
        "detail": "This server gives no tokens to guests.",
        "retry": False,
    }
    assert not User.objects.exists()


@pytest.mark.usefixtures("talking")
def test_one_address_makes_so_many_guests_a_minute(client: Client, settings: Settings) -> None:
    """The next is told how long to wait; what a caller writes into X-Forwarded-For changes nothing."""
    settings.LIVEROOM_GUEST_RATE = 2
    for _ in range(2):
        assert client.post("/api/auth/guest", {}, JSON).status_code == 200
    response = client.post("/api/auth/guest", {}, JSON, headers={"X-Forwarded-For": "10.9.8.7"})
    error = error_of(response)
    assert response.status_code == 429
    assert (error["code"], error["retry"]) == ("rate_limited", True)
    assert 1 <= error["retry_after"] <= 60
    assert response["Retry-After"] == str(error["retry_after"])
    assert client.post("/api/auth/guest", {}, JSON, REMOTE_ADDR="10.9.8.7").status_code == 200
    assert User.objects.count() == 3


@pytest.mark.usefixtures("talking")
def test_a_guest_rate_of_0_is_no_limit(client: Client, settings: Settings) -> None:
    """0 means no limit, as everywhere."""
    settings.LIVEROOM_GUEST_RATE = 0
    assert {client.post("/api/auth/guest", {}, JSON).status_code for _ in range(40)} == {200}


# --- issue


@pytest.mark.usefixtures("server_keys")
@pytest.mark.parametrize("path", ["/api/auth/issue", "/api/auth/issue/"])
@pytest.mark.parametrize("key", ["key-of-shop", "key-of-club"])
def test_an_existing_system_gets_tokens_for_its_users(client: Client, path: str, key: str) -> None:
    """The first call creates, the next brings up to date what it names."""
    headers = {"X-Server-Key": key}
    first = client.post(path, {"external_id": "77", "nickname": "Li", "avatar": "/a.png"}, JSON, headers=headers)
    user = User.objects.get(external_id="77")
    body = first.json()
    assert first.status_code == 200
    assert tokens.verify(body.pop("token")) == user
    wire = {"id": user.public_id, "nickname": "Li", "avatar": "/a.png", "role": "viewer"}
    assert body == {"expires_in": 2_592_000, "user": wire}
    again = client.post(path, {"external_id": 77, "nickname": "Lei"}, JSON, headers=headers)
    assert again.json()["user"] == {**wire, "nickname": "Lei"}
    assert tokens.verify(again.json()["token"]) == user


@pytest.mark.parametrize("headers", [{}, {"X-Server-Key": ""}, {"X-Server-Key": "key-of"}, {"X-Server-Key": "é"}])
@pytest.mark.parametrize("keys", [["key-of-shop"], []])
@pytest.mark.django_db
def test_without_a_right_key_nothing_is_issued(
    client: Client, settings: Settings, headers: dict[str, str], keys: list[str]
) -> None:
    """Where no key is set the route is closed."""
    settings.LIVEROOM_SERVER_KEYS = keys
    response = client.post("/api/auth/issue", {"external_id": "77", "nickname": "Li"}, JSON, headers=headers)
    assert response.status_code == 403
    no_keys = "This server has no keys: LIVEROOM_SERVER_KEYS is not set."
    detail = "The X-Server-Key header is missing or wrong." if keys else no_keys
    assert error_of(response) == {"code": "forbidden", "detail": detail, "retry": False}
    assert not User.objects.exists()


@pytest.mark.usefixtures("server_keys")
@pytest.mark.parametrize(
    ("body", "field", "detail"),
    [
        ({"nickname": "Li"}, "external_id", "This field is required."),
        ({"external_id": "77"}, "nickname", "This field is required."),
        ({"external_id": "77", "nickname": ["Li"]}, "nickname", "Not a valid string."),
        ({"external_id": "77", "nickname": "x" * 33}, "nickname", "A nickname has at most 32 characters."),
        (
            {"external_id": "x" * 129, "nickname": "Li"},
            "external_id",
            "An external id has at most 128 printable characters.",
        ),
        (
            {"external_id": "77", "nickname": "Li", "avatar": "javascript:1"},
            "avatar",
            'An avatar is a URL that begins with "/", "http://" or "https://".',
        ),
    ],
)
def test_a_bad_field_is_named(client: Client, body: dict[str, Any], field: str, detail: str) -> None:
    """In English, whatever language the caller prefers."""
    headers = {"X-Server-Key": "key-of-shop", "Accept-Language": "zh-CN"}
    response = client.post("/api/auth/issue", body, JSON, headers=headers)
    assert response.status_code == 400
    assert error_of(response) == {"code": "bad_message", "detail": detail, "retry": False, "field": field}
    assert not User.objects.exists()


@pytest.mark.usefixtures("server_keys")
def test_no_token_for_a_user_who_is_switched_off(client: Client) -> None:
    """An operator's decision stands against the other system's."""
    User.objects.create_user(external_id="77", is_active=False)
    response = client.post(
        "/api/auth/issue", {"external_id": "77", "nickname": "Li"}, JSON, headers={"X-Server-Key": "key-of-shop"}
    )
    assert response.status_code == 403
    assert error_of(response) == {"code": "forbidden", "detail": "This user is switched off.", "retry": False}


# --- me


@pytest.mark.parametrize("path", ["/api/auth/me", "/api/auth/me/"])
def test_me_is_who_the_token_says(client: Client, user: User, path: str) -> None:
    """The scheme's name is not case-sensitive."""
    assert client.get(path, headers=bearer(user)).json() == LI
    assert client.get(path, headers={"Authorization": f"bearer {tokens.issue(user)}"}).json() == LI


def test_me_is_who_the_session_says(client: Client, user: User) -> None:
    """For pages in a browser."""
    client.force_login(user)
    assert client.get("/api/auth/me").json() == LI


@pytest.mark.django_db
def test_me_of_nobody(client: Client) -> None:
    """Neither a token nor a session."""
    response = client.get("/api/auth/me")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert error_of(response) == {
        "code": "login_required",
        "detail": "Authentication credentials were not provided.",
        "retry": False,
    }


def test_bad_tokens_are_refused(client: Client, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tampered, empty, revoked, inactive and expired ones, each with its reason; a session beside it does not help."""
    client.force_login(user)

    def refusal(token: str) -> str:
        response = client.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})
        error = error_of(response)
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"
        assert (error.pop("code"), error.pop("retry")) == ("bad_token", False)
        return str(error.pop("detail"))

    token = tokens.issue(user)
    assert refusal(token[:-1]) == "This is no token of this server."
    assert refusal("") == "This is no token of this server."
    assert refusal("x y") == "This is no token of this server."
    services.tokens_revoke(user=user)
    assert refusal(token) == "The token was revoked."
    token = tokens.issue(user)
    long_ago = time.time() - 2_592_002
    with monkeypatch.context() as clock:
        clock.setattr(time, "time", lambda: long_ago)
        expired = tokens.issue(user)
    assert refusal(expired) == "The token has expired."
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert refusal(token) == "The token's user is switched off."


def test_a_profile_is_changed_by_its_owner(client: Client, user: User) -> None:
    """Each field by itself; an empty avatar takes the picture away; other fields are ignored."""
    headers = bearer(user)
    response = client.patch("/api/auth/me", {"nickname": " Lei ", "id": "x", "is_staff": True}, JSON, headers=headers)
    assert (response.status_code, response.json()) == (200, {**LI, "nickname": "Lei"})
    response = client.patch("/api/auth/me/", {"avatar": ""}, JSON, headers=headers)
    assert response.json() == {**LI, "nickname": "Lei", "avatar": ""}
    user.refresh_from_db()
    assert (user.nickname, user.avatar, user.is_staff) == ("Lei", "", False)


@pytest.mark.parametrize("nickname", ["", "  ", "a\u202eb", None, {}])
def test_a_profile_needs_a_real_nickname(client: Client, user: User, nickname: object) -> None:
    """What is refused leaves the profile as it was."""
    response = client.patch("/api/auth/me", {"nickname": nickname}, JSON, headers=bearer(user))
    error = error_of(response)
    assert (response.status_code, error["code"], error["field"]) == (400, "bad_message", "nickname")
    user.refresh_from_db()
    assert user.nickname == "李雷"


def test_a_session_changes_nothing_without_a_csrf_token(user: User) -> None:
    """A foreign page cannot rename somebody; with the token it works, and a bearer needs none."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    response = client.patch("/api/auth/me", {"nickname": "Lei"}, JSON)
    assert response.status_code == 403
    assert error_of(response) == {"code": "forbidden", "detail": "CSRF Failed: CSRF cookie not set.", "retry": False}
    client.cookies["csrftoken"] = "c" * 32
    response = client.patch("/api/auth/me", {"nickname": "Lei"}, JSON, headers={"X-CSRFToken": "c" * 32})
    assert response.json() == {**LI, "nickname": "Lei"}
    del client.cookies["csrftoken"]
    assert client.patch("/api/auth/me", {"nickname": "L"}, JSON, headers=bearer(user)).status_code == 200
