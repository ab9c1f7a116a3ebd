"""Who is at the other end of a socket."""

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.identity import user_from_session
from accounts.models import User


def session_key(client: Client, user: User) -> str:
    """Log the user in and return his session cookie."""
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_a_session_leads_to_its_user(client: Client, user: User) -> None:
    """Only while he is logged in."""
    key = session_key(client, user)
    assert user_from_session(key) == user
    client.logout()
    assert user_from_session(key) is None


def test_an_inactive_user_has_no_session(client: Client, user: User) -> None:
    """Switching an account off shuts it out of the socket too."""
    key = session_key(client, user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert user_from_session(key) is None


def test_a_new_password_ends_a_session_without_touching_it(client: Client, user: User) -> None:
    """The socket's side only reads: renewing or dropping a session is the browser's HTTP request's."""
    key = session_key(client, user)
    before = Session.objects.get().session_data
    user.set_password("another-one-9")
    user.save(update_fields=["password"])
    assert user_from_session(key) is None
    assert Session.objects.get().session_data == before


def test_a_session_from_before_a_change_of_the_secret_key_is_good(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the old key stays among the fallbacks; and the session keeps its key."""
    key = session_key(client, user)
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [settings.SECRET_KEY])
    monkeypatch.setattr(settings, "SECRET_KEY", "another")
    assert user_from_session(key) == user
    assert Session.objects.get().session_key == key


@pytest.mark.parametrize("nonsense", ["", "x", "a" * 32, "a" * 100_000, "é" * 32, "a\x00" * 16])
@pytest.mark.django_db
def test_a_nonsense_cookie_is_nobody(nonsense: str) -> None:
    """Text of any kind and length is just no session."""
    assert user_from_session(nonsense) is None
