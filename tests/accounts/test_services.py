"""What may happen to a user, and who is told."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.utils import translation

from accounts import hooks, services
from accounts.models import User
from tests.accounts.conftest import Told


def test_guests_get_a_name_in_their_language() -> None:
    """The made-up name has four digits."""
    assert re.fullmatch(r"Guest \d{4}", services.guest_nickname(language="en"))
    with translation.override("en"):
        assert re.fullmatch(r"Guest \d{4}", services.guest_nickname())


@pytest.mark.django_db
def test_a_guest_keeps_the_public_id_that_he_was_seen_with() -> None:
    """An identity in memory becomes a row without changing its id."""
    guest = services.user_create_guest(nickname=" Guest 7 ", public_id="00000000000000bb")
    guest.refresh_from_db()
    assert (guest.public_id, guest.nickname, guest.is_guest) == ("00000000000000bb", "Guest 7", True)
    assert not guest.has_usable_password()
    assert services.user_create_guest(nickname="Guest 8").public_id != guest.public_id


@pytest.mark.django_db
def test_a_guest_is_stored_once(told: Told) -> None:
    """Asking again after an answer that was lost gives the same guest, as he is."""
    guest = services.user_create_guest(nickname="Guest 7", public_id="00000000000000bb")
    again = services.user_create_guest(nickname="Guest 8", public_id="00000000000000bb")
    assert (again.pk, again.nickname, told) == (guest.pk, "Guest 7", [])


@pytest.mark.django_db
def test_issue_creates_once_and_then_updates(told: Told) -> None:
    """The same external id is the same user; observers hear of changes only."""
    first = services.user_issue(external_id="77", nickname="Li", avatar="/a.png")
    assert (first.is_guest, first.has_usable_password(), told) == (False, False, [])
    assert services.user_issue(external_id=" 77 ", nickname="Li", avatar="/a.png") == first
    assert told == []
    services.user_issue(external_id="77", nickname="Lei", avatar="/b.png")
    first.refresh_from_db()
    assert (first.nickname, first.avatar) == ("Lei", "/b.png")
    assert told == [("profile_changed", first.public_id)]
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_simultaneous_issues_give_one_user() -> None:
    """Eight threads with one external id, released together, get the same row."""
    barrier = Barrier(8)

    def issue(number: int) -> int:
        try:
            barrier.wait(timeout=20)
            return services.user_issue(external_id="race", nickname=f"n{number}").pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(issue, range(8)))
    assert keys == {User.objects.get().pk}


def test_a_profile_writes_only_what_changed(user: User, told: Told) -> None:
    """A stale object puts nothing else back."""
    stale = User.objects.get(pk=user.pk)
    services.tokens_revoke(user=user)
    services.profile_update(user=user, avatar="")
    told.clear()
    services.profile_update(user=stale, nickname="韩梅梅")
    user.refresh_from_db()
    assert (user.nickname, user.avatar, user.token_version) == ("韩梅梅", "", 2)
    assert told == [("profile_changed", user.public_id)]


def test_an_unchanged_profile_is_not_told(user: User, told: Told) -> None:
    """The same values, or none, are no change."""
    services.profile_update(user=user, nickname=" 李雷 ", avatar="/a.png")
    services.profile_update(user=user)
    assert told == []


def test_an_observer_that_fails_undoes_the_change(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is left with a name that the rooms do not know of."""

    def fail(user: User) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(hooks, "profile_changed", [fail])
    with pytest.raises(RuntimeError):
        services.profile_update(user=user, nickname="X")
    user.refresh_from_db()
    assert user.nickname == "李雷"


def test_revocations_add_up_from_stale_objects(user: User, told: Told) -> None:
    """Two revocations raise the version twice, and each is told."""
    stale = User.objects.get(pk=user.pk)
    services.tokens_revoke(user=user)
    services.tokens_revoke(user=stale)
    assert stale.token_version == 3
    assert told == [("tokens_revoked", user.public_id)] * 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"nickname": ""}, "nickname"),
        ({"nickname": "x" * 33}, "nickname"),
        ({"avatar": "javascript:x"}, "avatar"),
        ({"avatar": "/" + "x" * 500}, "avatar"),
        ({"external_id": " "}, "external_id"),
        ({"external_id": "x" * 129}, "external_id"),
        ({"external_id": "a\x00"}, "external_id"),
    ],
)
@pytest.mark.django_db
def test_errors_name_the_field(values: dict[str, str], field: str) -> None:
    """What is wrong is said with the field's name, and nothing is stored."""
    with pytest.raises(ValidationError) as caught:
        services.user_issue(**{"external_id": "1", "nickname": "Li", **values})
    assert list(caught.value.error_dict) == [field]
    assert not User.objects.exists()
