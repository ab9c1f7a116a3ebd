"""Long lists of the administration: opened, searched and paged through without counting all their rows."""

import re
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

AHEAD = 5
"""Pages beyond the shown one that are looked for."""
PAGE_MAX = 1_000_000
KEY_MAX = 2**63 - 1


def key(text: str | None) -> int | None:
    """A row's key as an address has it; None for what can be none."""
    found = re.fullmatch("0*([0-9]{1,19})", text or "")
    return number if found and (number := int(found[1])) <= KEY_MAX else None


class AtLeast(int):
    """A count that stopped: there are more."""

    def __str__(self) -> str:
        return f"{int(self)}+"


class UncountedPaginator(Paginator):  # type: ignore[type-arg]
    """Knows of the rows only how far AHEAD pages go: the keys of so many are read, and nothing is counted."""

    def __init__(self, *args: Any, page: int = 1, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._before = (min(max(page, 1), PAGE_MAX) - 1) * self.per_page

    @cached_property
    def keys(self) -> list[Any]:
        """The keys of the shown page's rows, and of those on the pages ahead."""
        rows: Any = self.object_list
        end = self._before + AHEAD * self.per_page + 1
        return list(rows.values_list("pk", flat=True)[self._before : end])

    @cached_property
    def count(self) -> int:
        reach = AHEAD * self.per_page
        return AtLeast(self._before + reach) if len(self.keys) > reach else self._before + len(self.keys)


class LongChangeList(ChangeList):
    """Reads the rows of its page by their keys.

    Looked for together with the users and rooms that they name, PostgreSQL may join whole tables before it sorts.
    """

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        paginator: Any = self.paginator
        shown = paginator.keys if self.show_all and self.can_show_all else paginator.keys[: self.list_per_page]
        rows: Any = self.root_queryset
        if not rows.query.select_related:
            rows = self.apply_select_related(rows)
        rows = rows.in_bulk(shown)
        # One that was deleted just now is not there any more.
        found: Any = [rows[key] for key in shown if key in rows]
        self.result_list = found


class LongListAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list that opens as fast with 100,000 rows as with ten; newest first."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    ordering: ClassVar[Any] = ("-pk",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LongChangeList

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | None:
        """Run an action on the rows that were chosen, as far as these can be any."""
        sent: Any = request.POST.copy()
        sent.setlist(
            ACTION_CHECKBOX_NAME, [text for text in sent.getlist(ACTION_CHECKBOX_NAME) if key(text) is not None]
        )
        request.POST = sent
        return super().response_action(request, *args, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the address of an empty form says of its fields, without keys that no row can have."""
        found: dict[str, Any] = super().get_changeform_initial_data(request)
        refers = {field.name for field in self.opts.get_fields() if isinstance(field, ForeignKey)}
        return {name: value for name, value in found.items() if name not in refers or key(value) is not None}

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> UncountedPaginator:
        # The choices of an autocomplete field say "page".
        asked = request.GET.get(PAGE_VAR) or request.GET.get("page") or ""
        page = key(asked) or 1
        return UncountedPaginator(queryset, per_page, orphans, allow_empty_first_page, page=page)
