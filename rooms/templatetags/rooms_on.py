"""The rooms on the administration's first page."""

from typing import Any

from django import template
from django.contrib import admin
from django.http import HttpRequest

from rooms.admin_reviews import review_list, to_review
from rooms.models import Comment, Room

register = template.Library()

SHOWN = 6


@register.simple_tag
def rooms_on(request: HttpRequest) -> list[dict[str, Any]]:
    """The rooms that this user may look at, those that are live first, as an index shows them."""
    rooms: Any = admin.site._registry[Room]
    if not rooms.has_view_permission(request):
        return []
    return [
        {
            "pk": room.pk,
            "title": room.title,
            "host": room.host,
            "cover": rooms.cover_shown(room),
            "status": rooms.status_shown(room),
            "online": rooms.online(room),
        }
        for room in rooms.get_queryset(request).order_by(*rooms.get_ordering(request))[:SHOWN]
    ]


@register.simple_tag
def reviews_on(request: HttpRequest) -> dict[str, Any] | None:
    """How many comments wait for a human, and where, for whoever may look at comments."""
    comments: Any = admin.site._registry[Comment]
    count = to_review() if comments.has_view_permission(request) else 0
    return {"count": count, "address": review_list()} if count else None
