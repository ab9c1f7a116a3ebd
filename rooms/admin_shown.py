"""How the administration shows states and links, everywhere alike."""

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

from rooms.models import Room


def badge(kind: str, label: str | Promise) -> SafeString:
    """A state as a coloured word."""
    return format_html('<span class="badge badge-{}">{}</span>', kind, label)


def link(address: str, text: object) -> SafeString:
    return format_html('<a href="{}">{}</a>', address, text)


def room_link(room: Room) -> SafeString:
    """A room's name, leading to its control room."""
    return link(reverse("admin:rooms_room_change", args=[room.pk]), room.title)


def list_of(model: str, **query: object) -> str:
    """The address of a list of the administration, filtered: ``list_of("rooms_comment", room=1)``."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{reverse(f'admin:{model}_changelist')}?{asked}"
