"""What the administration's pages show beside Django's own."""

from typing import Any, Literal

from django import template
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts import admin_pictures

register = template.Library()

RECENT = 12


@register.simple_tag
def recent_changes(request: HttpRequest, of: Model | Literal[""] = "") -> list[LogEntry]:
    """Who changed what, newest first: of one row, or of all that this user may look at."""
    entries = LogEntry.objects.select_related("user", "content_type").order_by("-pk")
    if of:
        kind = ContentType.objects.get_for_model(of)
        return list(entries.filter(content_type=kind, object_id=str(of.pk))[:RECENT])
    registry: dict[type[Model], Any] = admin.site._registry
    seen = [model for model, row in registry.items() if row.has_view_permission(request)]
    kinds = ContentType.objects.get_for_models(*seen).values()
    return list(entries.filter(content_type__in=[kind.pk for kind in kinds])[:RECENT])


@register.simple_tag
def picture(address: str) -> SafeString:
    """The small picture at that address."""
    return admin_pictures.picture(address)


@register.filter
def split_words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()
