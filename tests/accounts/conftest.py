"""What the tests of users share."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from accounts import hooks
from accounts.models import User

Told = list[tuple[str, str]]


@pytest.fixture(autouse=True)
def _fresh_counts() -> Iterator[None]:
    """Forget how many guests earlier tests made from this address."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Collect what observers are told, as (hook, public id)."""
    seen: Told = []

    def observe(name: str) -> None:
        def observer(user: User) -> None:
            seen.append((name, user.public_id))

        monkeypatch.setattr(hooks, name, [observer])

    observe("profile_changed")
    observe("tokens_revoked")
    return seen


@pytest.fixture
def user(db: None) -> User:
    """An ordinary user with a fixed public id."""
    return User.objects.create_user("li", public_id="00000000000000aa", nickname="李雷", avatar="/a.png")
