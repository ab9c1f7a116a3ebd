"""Rows of an inline, found by their keys: others may have added, removed and moved rows since the page was opened."""

import re
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Case, Model, QuerySet, When
from django.forms.models import BaseInlineFormSet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.admin_forms import TOKEN, to_python, values_seen

ROWS_MAX = 2000


class OptimisticFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The rows that were sent and are still there. Who changed a row that is gone is told so; other rows fall out."""

    def __init__(
        self,
        data: QueryDict | None = None,
        files: Any = None,
        instance: Model | None = None,
        save_as_new: bool = False,
        prefix: str | None = None,
        queryset: QuerySet[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self._lost = False
        if data is not None and queryset is not None and instance is not None and instance.pk:
            prefix = prefix or self.get_default_prefix()
            rows = PostedRows(data, prefix)
            sent = [pk for pk in rows.keys if pk is not None]
            there = set(queryset.filter(**{self.fk.name: instance}, pk__in=sent).values_list("pk", flat=True))
            gone = [index for index, pk in enumerate(rows.keys) if pk not in there]
            self._lost = any(self._was_changed(data, f"{prefix}-{index}", rows.keys[index]) for index in gone)
            data, keys = rows.without(gone)
            order = [When(pk=pk, then=index) for index, pk in enumerate(keys)]
            queryset = queryset.filter(pk__in=keys).order_by(Case(*order)) if order else queryset.none()
        elif queryset is not None and instance is not None and instance.pk:
            queryset = self.shown(queryset.filter(**{self.fk.name: instance}))
        super().__init__(data, files, instance, save_as_new, prefix, queryset, **kwargs)

    def shown(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the rows that a form is opened with. Rows that are sent are found whether or not they are among
        them, and no others are touched."""
        return rows

    def clean(self) -> None:
        super().clean()
        if self._lost:
            raise ValidationError(
                _("A row that you have changed was removed by somebody else meanwhile. It is not shown any more."),
                "gone",
            )

    def _was_changed(self, data: QueryDict, prefix: str, pk: int | None) -> bool:
        """Whether the row that is gone differs from what was rendered; a row without a token could not be edited."""
        token = data.get(f"{prefix}-{TOKEN}")
        if not token:
            return False
        model: Any = self.model
        row: Model = model(pk=pk)
        seen = values_seen(row, token)
        if seen is None:
            return True
        row._state.adding = False
        form_class: Any = self.form
        for name, value in seen.items():
            field: Any = row._meta.get_field(name)
            setattr(row, field.attname, to_python(row, name, value))
        try:
            return bool(form_class(data=data, prefix=prefix, instance=row).changed_data)
        except ObjectDoesNotExist:
            return True


class PostedRows:
    """The rows of a posted formset; ``keys`` are those of its initial forms, None where none can be read."""

    def __init__(self, data: QueryDict, prefix: str) -> None:
        self._data = data
        self._prefix = prefix
        self._total = self._count("TOTAL_FORMS")
        self.keys = [self._key(index) for index in range(min(self._count("INITIAL_FORMS"), self._total))]

    def without(self, gone: list[int]) -> tuple[QueryDict, list[int | None]]:
        """The same data as if these rows had not been sent, and the keys that remain."""
        if not gone:
            return self._data, self.keys
        places = {old: new for new, old in enumerate(index for index in range(self._total) if index not in gone)}
        pattern = re.compile(rf"{re.escape(self._prefix)}-(\d+)-(.+)", re.DOTALL)
        data = QueryDict(mutable=True)
        for name, values in self._data.lists():
            row = pattern.fullmatch(name)
            if row is None:
                data.setlist(name, values)
            elif int(row[1]) in places:
                data.setlist(f"{self._prefix}-{places[int(row[1])]}-{row[2]}", values)
        data[f"{self._prefix}-TOTAL_FORMS"] = str(len(places))
        data[f"{self._prefix}-INITIAL_FORMS"] = str(len(self.keys) - len(gone))
        return data, [pk for index, pk in enumerate(self.keys) if index not in gone]

    def _count(self, name: str) -> int:
        value = self._data.get(f"{self._prefix}-{name}") or ""
        return min(int(value), ROWS_MAX) if re.fullmatch(r"[0-9]{1,9}", value) else 0

    def _key(self, index: int) -> int | None:
        value = self._data.get(f"{self._prefix}-{index}-id") or ""
        return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else None
