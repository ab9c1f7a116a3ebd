"""What is stored of a user."""

import re
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.models import User, clean_nickname, new_public_id, validate_avatar


@pytest.mark.django_db
def test_a_user_needs_nothing_but_to_be_created() -> None:
    """Names and ids are made up, and nobody can log in without a password."""
    user = User.objects.create_user()
    assert re.fullmatch(r"u[0-9a-f]{16}", user.username)
    assert re.fullmatch(r"[0-9a-f]{16}", user.public_id)
    assert not user.has_usable_password()
    assert (user.external_id, user.openid, user.unionid) == (None, None, None)
    assert (user.is_active, user.is_staff, user.is_superuser, user.is_guest) == (True, False, False, False)


@pytest.mark.django_db
def test_text_of_a_user_is_his_nickname_or_else_his_username() -> None:
    """Lists in the administration are never empty."""
    assert str(User.objects.create_user("anna")) == "anna"
    assert str(User.objects.create_user("berta", nickname="B.")) == "B."


def test_public_ids_differ() -> None:
    """A thousand ids are a thousand different ones."""
    assert len({new_public_id() for _ in range(1000)}) == 1000


@pytest.mark.django_db
def test_createsuperuser_needs_a_username_and_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's command works without further questions."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-long-one-7")
    call_command("createsuperuser", interactive=False, username="root", stdout=StringIO())
    root = User.objects.get(username="root")
    assert root.is_staff
    assert root.is_superuser
    assert root.check_password("a-long-one-7")


@pytest.mark.parametrize("field", ["external_id", "openid", "unionid"])
@pytest.mark.django_db
def test_foreign_ids_are_unique_or_null_and_never_empty(field: str) -> None:
    """The database itself refuses a second one and an empty one, and takes many NULLs."""
    User.objects.create_user(**{field: "x"})
    User.objects.create_user(**{field: None})
    User.objects.create_user(**{field: None})
    for bad in ("x", ""):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create_user(**{field: bad})


@pytest.mark.parametrize(
    ("given", "kept"),
    [(" 李雷 ", "李雷"), ("x" * 32, "x" * 32), ("  " + "x" * 32, "x" * 32), ("👩‍👩‍👧", "👩‍👩‍👧"), ("a b", "a b")],
)
def test_nicknames_are_kept_without_the_spaces_around_them(given: str, kept: str) -> None:
    """The length counts what is left after trimming."""
    assert clean_nickname(given) == kept


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("", "required"),
        (" \t\n", "required"),
        ("\u200b\u200d", "required"),
        ("x" * 33, "max_length"),
        ("a\nb", "invalid"),
        ("a\x00b", "invalid"),
        ("a\u2028b", "invalid"),
        ("a\u202eb", "invalid"),
        ("a\ud800", "invalid"),
    ],
)
def test_bad_nicknames_are_refused(bad: str, code: str) -> None:
    """Invisible, too long and line-breaking names do not come in."""
    with pytest.raises(ValidationError) as caught:
        clean_nickname(bad)
    assert caught.value.code == code


@pytest.mark.parametrize("good", ["/a.png", "/", "http://h/a.png", "https://h", "https://h/头.png?x=1&y=2"])
def test_avatars_are_paths_here_or_http_addresses(good: str) -> None:
    """A path is relative to this server."""
    validate_avatar(good)


@pytest.mark.parametrize(
    "bad",
    [
        *("a.png", "x/a", "//h/a.png", "/\\h/a.png", "/a b", "/a\n"),
        *("https://", "https:///a", "https://h/\x00", "ftp://h/a", "javascript:alert(1)", "data:image/png;base64,AA"),
    ],
)
def test_other_avatars_are_refused(bad: str) -> None:
    """Nothing that runs, and nothing that only looks like a path here."""
    with pytest.raises(ValidationError):
        validate_avatar(bad)
