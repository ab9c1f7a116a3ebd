"""Users in the administration."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.admin_forms import values_seen
from accounts.models import User
from tests.accounts.conftest import Told


@pytest.fixture
def admin(db: None) -> Client:
    """A browser in which an administrator is logged in."""
    client = Client()
    client.force_login(User.objects.create_superuser("root", "a-long-one-7"))
    return client


def form_of(admin: Client, user: User) -> dict[str, object]:
    """Return the fields of the user's form as a browser would send them back."""
    form = admin.get(reverse("admin:accounts_user_change", args=[user.pk])).context["adminform"].form
    values = {name: form[name].value() for name in form.fields if name != "password"}
    return {name: value for name, value in values.items() if value not in (None, False)}


def save(admin: Client, user: User, form: dict[str, object]) -> int:
    """Send the user's form."""
    return admin.post(reverse("admin:accounts_user_change", args=[user.pk]), form).status_code


def test_a_saved_form_changes_the_profile_through_the_service(admin: Client, user: User, told: Told) -> None:
    """Observers hear of it once; empty foreign ids stay NULL."""
    assert save(admin, user, {**form_of(admin, user), "nickname": " Lei ", "openid": ""}) == 302
    user.refresh_from_db()
    assert (user.nickname, user.avatar, user.openid) == ("Lei", "/a.png", None)
    assert told == [("profile_changed", user.public_id)]


def test_an_old_form_puts_nothing_back(admin: Client, user: User) -> None:
    """What its user did not touch is not written."""
    form = {**form_of(admin, user), "external_id": "77"}
    User.objects.filter(pk=user.pk).update(token_version=5, last_login="2025-01-01T00:00:00Z")
    assert save(admin, user, form) == 302
    user.refresh_from_db()
    assert (user.external_id, user.token_version) == ("77", 5)
    assert user.last_login is not None


def test_a_nickname_changed_meanwhile_stays(admin: Client, user: User, told: Told) -> None:
    """The form that was open before writes the field that its user changed, and not the old nickname."""
    form = {**form_of(admin, user), "external_id": "77"}
    services.profile_update(user=User.objects.get(pk=user.pk), nickname="Lei")
    told.clear()
    assert save(admin, user, form) == 302
    user.refresh_from_db()
    assert (user.nickname, user.external_id) == ("Lei", "77")
    assert told == []


def test_a_nickname_that_both_changed_is_refused_and_shown(admin: Client, user: User) -> None:
    """The form comes back with the present one; nothing is saved."""
    form = {**form_of(admin, user), "nickname": "Mine", "external_id": "77"}
    services.profile_update(user=User.objects.get(pk=user.pk), nickname="Lei")
    response = admin.post(reverse("admin:accounts_user_change", args=[user.pk]), form)
    assert response.context["adminform"].form.errors == {
        "nickname": ["Somebody has changed this to “Lei” meanwhile. Save again to replace that by yours."]
    }
    user.refresh_from_db()
    assert (user.nickname, user.external_id) == ("Lei", None)


def test_the_page_does_not_tell_the_password(admin: Client, user: User) -> None:
    """Neither as text nor in what the form was rendered with."""
    page = admin.get(reverse("admin:accounts_user_change", args=[user.pk]))
    token = page.context["adminform"].form["rendered"].value()
    told = values_seen(user, token)
    assert told is not None
    assert told["nickname"] == "李雷"
    assert "password" not in told


@pytest.mark.parametrize("nickname", ["", "a\u202eb"])
def test_a_bad_nickname_is_an_error_of_the_form(admin: Client, user: User, nickname: str) -> None:
    """The form comes back and nothing is saved."""
    response = admin.post(
        reverse("admin:accounts_user_change", args=[user.pk]), {**form_of(admin, user), "nickname": nickname}
    )
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["nickname"]
    user.refresh_from_db()
    assert user.nickname == "李雷"


def test_switching_a_user_off_revokes_his_tokens(admin: Client, user: User, told: Told) -> None:
    """So that his sockets are told too; switched on again, the old tokens stay worthless."""
    form = form_of(admin, user)
    del form["is_active"]
    assert save(admin, user, form) == 302
    user.refresh_from_db()
    assert (user.is_active, user.token_version) == (False, 2)
    assert told == [("tokens_revoked", user.public_id)]


def test_the_action_revokes_tokens(admin: Client, user: User, told: Told) -> None:
    """For every user chosen, and it says how many."""
    other = User.objects.create_user()
    response = admin.post(
        reverse("admin:accounts_user_changelist"),
        {"action": "revoke_tokens", "_selected_action": [user.pk, other.pk]},
        follow=True,
    )
    assert "The tokens of 2 users were revoked." in response.text
    assert sorted(told) == sorted([("tokens_revoked", user.public_id), ("tokens_revoked", other.public_id)])


@pytest.mark.parametrize("query", ["李雷", "li", "00000000000000aa", "ext-1"])
def test_a_user_is_found_by_any_of_his_names(admin: Client, user: User, query: str) -> None:
    """Nickname, username, public id and external id."""
    User.objects.filter(pk=user.pk).update(external_id="ext-1")
    response = admin.get(reverse("admin:accounts_user_changelist"), {"q": query})
    assert [found.pk for found in response.context["cl"].result_list] == [user.pk]


def test_an_administrator_adds_a_user_and_changes_a_password(admin: Client) -> None:
    """Django's own forms work with this user."""
    passwords = {"password1": "a-long-one-8", "password2": "a-long-one-8", "usable_password": "true"}
    response = admin.post(reverse("admin:accounts_user_add"), {"username": "anna", "nickname": "A", **passwords})
    assert response.status_code == 302
    anna = User.objects.get(username="anna")
    assert (anna.nickname, anna.check_password("a-long-one-8")) == ("A", True)
    assert re.fullmatch(r"[0-9a-f]{16}", anna.public_id)
    passwords = {"password1": "a-long-one-9", "password2": "a-long-one-9", "usable_password": "true"}
    assert admin.post(reverse("admin:auth_user_password_change", args=[anna.pk]), passwords).status_code == 302
    anna.refresh_from_db()
    assert anna.check_password("a-long-one-9")


def test_a_host_needs_no_password(admin: Client) -> None:
    """Whoever is added does not log in here unless that is asked for; the form says so."""
    add = reverse("admin:accounts_user_add")
    for query in ("", "?_popup=1"):
        response = admin.get(add + query)
        assert response.context["adminform"].form["usable_password"].value() == "false"
        assert "and staff status" in response.text
    data = {"username": "host", "nickname": "Host", "usable_password": "false", "_popup": "1"}
    assert admin.post(f"{add}?_popup=1", data).status_code == 200
    assert not User.objects.get(username="host").has_usable_password()


def test_guests_are_no_hosts_until_they_are_looked_for(admin: Client, user: User) -> None:
    """Of those that can be chosen the ones with an account come first; whoever is muted may be a guest."""
    guest = User.objects.create_user("guest-1", nickname="李雷 too", is_guest=True)

    def offered(model: str, field: str, term: str) -> list[str]:
        asked = {"app_label": "rooms", "model_name": model, "field_name": field, "term": term}
        return [row["id"] for row in admin.get(reverse("admin:autocomplete"), asked).json()["results"]]

    for field in ("host", "assistants"):
        assert str(user.pk) in offered("room", field, "")
        assert str(guest.pk) not in offered("room", field, "")
        assert offered("room", field, "李雷") == [str(user.pk), str(guest.pk)]
    assert offered("sanction", "user", "李雷") == [str(guest.pk), str(user.pk)]


def clerk(*permissions: str) -> tuple[Client, User]:
    """A browser of a member of the staff who is no superuser, and he."""
    user = User.objects.create_user("clerk", "a-long-one-7", is_staff=True, nickname="Clerk")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions or ("view_user", "change_user")))
    client = Client()
    client.force_login(user)
    return client, user


def test_nobody_gives_himself_powers(user: User) -> None:
    """Nor others: they are not in the form of one who is no superuser, and change nothing when they are sent."""
    client, himself = clerk()
    for changed in (user, himself):
        form = form_of(client, changed)
        assert not form.keys() & {"is_staff", "is_superuser", "groups", "user_permissions"}
        sent = {**form, "nickname": "New", "is_staff": "on", "is_superuser": "on", "user_permissions": "1"}
        assert save(client, changed, sent) == 302
        before = changed.is_staff
        changed.refresh_from_db()
        assert (changed.nickname, changed.is_staff, changed.is_superuser) == ("New", before, False)
        assert not changed.user_permissions.filter(pk=1).exists()


def test_nobody_takes_the_account_of_one_who_may_more(user: User) -> None:
    """Neither his password nor anything else of him is to be set; a viewer's is."""
    client, himself = clerk()
    root = User.objects.create_superuser("root", "a-long-one-7")
    password = {"password1": "another-long-1", "password2": "another-long-1"}
    for other, status in ((root, 403), (user, 302), (himself, 302)):
        assert client.post(reverse("admin:auth_user_password_change", args=[other.pk]), password).status_code == status
        if other is root:
            assert client.post(reverse("admin:accounts_user_change", args=[other.pk]), {}).status_code == 403
    assert User.objects.get(pk=root.pk).check_password("a-long-one-7")
    # His own new password has ended his session.
    himself.refresh_from_db()
    client.force_login(himself)
    data = {"action": "revoke_tokens", "_selected_action": [root.pk, user.pk]}
    client.post(reverse("admin:accounts_user_changelist"), data)
    assert list(User.objects.order_by("pk").values_list("pk", "token_version").filter(token_version=1)) == [
        (pk, 1) for pk in sorted((root.pk, himself.pk))
    ]
