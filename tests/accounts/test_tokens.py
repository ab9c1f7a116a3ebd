"""Tokens: signed, of limited age, and revocable."""

import re
import time

import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import services, tokens
from accounts.models import User


def fault_of(token: str) -> str:
    """Return why a token is refused."""
    with pytest.raises(tokens.BadToken) as caught:
        tokens.verify(token)
    return caught.value.reason


def test_a_token_leads_back_to_its_user_with_one_query(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Reading a token asks nothing of the database, verifying it asks once."""
    token = tokens.issue(user)
    with django_assert_num_queries(0):
        assert tokens.read(token) == tokens.Claims(public_id="00000000000000aa", version=1)
    with django_assert_num_queries(1):
        assert tokens.verify(token) == user


def test_a_token_is_short_and_fits_into_a_header(user: User) -> None:
    """Only characters that RFC 6750 allows after "Bearer"."""
    token = tokens.issue(user)
    assert len(token) < 100
    assert re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token)


def test_a_token_ends_at_its_age_counted_from_its_issue(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the last second it is good, a second later it has expired, whatever was verified in between."""
    issued = int(time.time())
    monkeypatch.setattr(time, "time", lambda: float(issued))
    token = tokens.issue(user)
    monkeypatch.setattr(time, "time", lambda: float(issued + settings.LIVEROOM_TOKEN_AGE))
    assert tokens.verify(token) == user
    monkeypatch.setattr(time, "time", lambda: float(issued + settings.LIVEROOM_TOKEN_AGE + 1))
    assert fault_of(token) == "expired"


def test_every_changed_character_makes_a_token_malformed(user: User) -> None:
    """No part of it can be changed: not the user, the version, the time or the signature."""
    token = tokens.issue(user)
    # The last character of the signature has two bits that mean nothing: it is compared as text all the same.
    for index in range(len(token)):
        other = "0" if token[index] != "0" else "1"
        assert fault_of(token[:index] + other + token[index + 1 :]) == "malformed"


@pytest.mark.parametrize(
    "nonsense", ["", " ", "a", "a.b.c.d", "....", "é.1.a.b", "\ud800", "x" * 513, "9" * 100_000, "null", "a.1.b.c\n"]
)
def test_nonsense_is_malformed(nonsense: str) -> None:
    """Text of any kind and length is refused without a query."""
    with pytest.raises(tokens.BadToken) as caught:
        tokens.read(nonsense)
    assert caught.value.reason == "malformed"


def test_an_overlong_token_is_refused_before_any_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can have the server hash what he likes."""

    def never() -> None:
        raise AssertionError("a signer was made")

    monkeypatch.setattr(tokens, "_signer", never)
    with pytest.raises(tokens.BadToken):
        tokens.read("a.1.b." + "c" * 507)


def test_a_token_of_another_secret_key_is_malformed(user: User, settings: Settings) -> None:
    """Tokens end with the key, unless the old key stays among the fallbacks."""
    token = tokens.issue(user)
    old_key = settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    assert fault_of(token) == "malformed"
    settings.SECRET_KEY_FALLBACKS = [old_key]
    assert tokens.verify(token) == user


def test_revoking_ends_all_tokens_until_then(user: User) -> None:
    """A token issued afterwards is good."""
    old = [tokens.issue(user), tokens.issue(user)]
    services.tokens_revoke(user=user)
    assert [fault_of(token) for token in old] == ["revoked", "revoked"]
    assert tokens.verify(tokens.issue(user)) == user


def test_an_inactive_user_has_no_good_token(user: User) -> None:
    """Switching an account off shuts it out."""
    token = tokens.issue(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert fault_of(token) == "inactive"


def test_a_deleted_user_has_no_good_token(user: User) -> None:
    """The token's user is gone."""
    token = tokens.issue(user)
    user.delete()
    assert fault_of(token) == "unknown_user"
