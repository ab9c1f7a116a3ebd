"""Filters of long lists: what is chosen is found by an index, and a choice never lists a whole table."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_lists import key
from accounts.models import User
from rooms.models import Room


class KeyFilter(admin.SimpleListFilter):
    """Rows that belong to one row of another table, by its key in the address. Shown once it is used."""

    field: str
    model: type[Model]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        value = self.value_of(request)
        row = self.model._default_manager.filter(pk=value).first() if value else None
        return [(str(value), str(row))] if row else []

    def value_of(self, request: HttpRequest) -> int | None:
        return key(request.GET.get(str(self.parameter_name)))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value_of(request)
        return queryset.filter(**{self.field: value}) if value is not None else queryset


class RoomFilter(KeyFilter):
    """One room's rows; the newest rooms are offered, any can be named in the address."""

    title = _("room")
    parameter_name = "room"
    field = "room_id"
    model = Room
    offered = 20

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        newest = Room.objects.order_by("-pk").values_list("pk", "title")[: self.offered]
        offered = [(str(pk), title) for pk, title in newest]
        named = super().lookups(request, model_admin) if str(self.value_of(request)) not in dict(offered) else []
        return [*offered, *named]


class UserFilter(KeyFilter):
    """What one user did."""

    title = _("user")
    parameter_name = "user"
    field = "user_id"
    model = User
