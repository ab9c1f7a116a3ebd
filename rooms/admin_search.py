"""Searches of the administration that find somebody by his public id."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User

PUBLIC_ID = User._meta.get_field("public_id")


class UserSearch(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list of what users did: a user's public id finds what is his, before any text is read."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if users := _users_named(search_term.strip()):
            return queryset.filter(user__in=users), False
        return super().get_search_results(request, queryset, search_term)


def _users_named(term: str) -> QuerySet[User] | None:
    """The user with that public id, if the term looks like one: found by its index."""
    if not term or " " in term or len(term) > (PUBLIC_ID.max_length or 0):
        return None
    found = User.objects.filter(public_id=term)
    return found if found.exists() else None
