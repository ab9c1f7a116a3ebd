"""Pictures in the administration: small ones in lists, and a preview beside the field of an address."""

import re
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

_SHOWN = re.compile(r"(?:/(?![/\\])|https?://)\S+")


def picture(address: str, kind: str = "thumb", *, name: str = "") -> SafeString:
    """The picture at that address, or its place with the first letter of that name; ``kind`` is its CSS class."""
    if not _SHOWN.fullmatch(address):
        return format_html('<span class="picture {}" aria-hidden="true">{}</span>', kind, name[:1].upper())
    return format_html(
        '<img class="picture {}" src="{}" alt="" loading="lazy" referrerpolicy="no-referrer">', kind, address
    )


class PictureInput(forms.TextInput):
    """The field of a picture's address, with the picture; it follows what is typed (pictures.js)."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, kind: str = "preview") -> None:
        super().__init__({"class": "vTextField", "inputmode": "url", **(attrs or {})})
        self.kind = kind

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, {**(attrs or {}), "data-picture": ""}, renderer)
        return format_html('<span class="picture-field">{}{}</span>', picture(str(value or ""), self.kind), field)
