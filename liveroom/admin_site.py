"""The administration's site: what an operator needs first stands first."""

from typing import Any, cast

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.i18n import JavaScriptCatalog

ORDER = ("rooms", "products", "accounts", "auth")
MODELS = ("Room", "Comment", "Sanction", "BlockedWord", "Follow", "Product", "ShelfItem", "Order", "User", "Group")


class ControlRoomConfig(AdminConfig):
    default_site = "liveroom.admin_site.ControlRoom"


class ControlRoom(AdminSite):
    site_header = _("Liveroom control room")
    site_title = _("Liveroom control room")
    index_title = _("What is on")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        apps: Any = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(MODELS, model["object_name"]))
        return sorted(apps, key=lambda app: _place(ORDER, app["app_label"]))

    def i18n_javascript(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The texts of the administration's scripts: Django's, and those that its translations lack."""
        view = JavaScriptCatalog.as_view(packages=["django.contrib.admin", "liveroom"])
        return cast(HttpResponse, view(request))


def _place(order: tuple[str, ...], name: str) -> int:
    return order.index(name) if name in order else len(order)
