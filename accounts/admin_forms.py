"""Forms of the administration that write what their user changed, and notice what others changed meanwhile.

A form carries the values that it was rendered with, signed. A field was changed by its user if it differs from those;
it is refused, with its present value shown, if somebody else has changed it too. All else stays as the database has it.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.utils import display_for_field, flatten_fieldsets
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

TOKEN = "rendered"  # noqa: S105 (a field's name)


class TokenField(forms.CharField):
    """What a form was rendered with; never a change itself."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class OptimisticModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose ``changed_data`` is what its user changed. Read its instance under the lock that it is saved under.

    Disabled fields are not told to the browser: a password's hash stays here.
    """

    rendered = TokenField(required=False, label="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.existing = not self.instance._state.adding
        self.current: dict[str, Any] = {}
        self._seen: dict[str, Any] | None = None
        self._told: list[str] = []
        if not self.existing:
            return
        self.current = {name: value for name, value in self.initial.items() if name in self.fields and name != TOKEN}
        self._told = [name for name in self.current if not self.fields[name].disabled]
        if not self.is_bound:
            self.initial[TOKEN] = self._sign({name: _plain(self.current[name]) for name in self._told})
            return
        self._seen = self._load()
        if self._seen is not None:
            self.initial.update((name, to_python(self.instance, name, self._seen[name])) for name in self._told)
            # What was not changed is not checked either: a long shelf costs no 1,000 queries under the room's lock.
            self.empty_permitted = True

    @cached_property
    def changed_data(self) -> list[str]:
        """Fields that differ from what was rendered, without those that are so in the database already."""
        return [name for name in super().changed_data if not self._is_so(name)]

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.existing:
            if self._seen is None:
                raise ValidationError(_("This form cannot be read any more. Please open the page again."), "stale")
            self._keep_untouched()
            self._refuse_conflicts(self._seen)
        return self.cleaned_data

    def changes(self, *names: str) -> dict[str, Any]:
        """The cleaned values of these fields, if changed (in a new form: all)."""
        return {name: self.cleaned_data[name] for name in names if not self.existing or name in self.changed_data}

    def _is_so(self, name: str) -> bool:
        return name in self.current and not self.fields[name].has_changed(self.current[name], self[name].data)

    def _keep_untouched(self) -> None:
        for name in self.current.keys() - set(self.changed_data):
            self.errors.pop(name, None)
            if self.instance._meta.get_field(name).many_to_many:
                self.cleaned_data[name] = self.current[name]
            else:
                self.cleaned_data[name] = getattr(self.instance, name)

    def _refuse_conflicts(self, seen: dict[str, Any]) -> None:
        now = {name: _plain(self.current[name]) for name in self.changed_data if name in self.current}
        conflicts = {name: value for name, value in now.items() if value != seen[name]}
        for name in conflicts:
            text = _("Somebody has changed this to “%(value)s” meanwhile. Save again to replace that by yours.")
            self.add_error(name, ValidationError(text, "conflict", {"value": self._shown(name)}))
        if conflicts:
            # The present value has been shown now: the next save is about that one.
            data: Any = self.data
            self.data = data.copy()
            self.data[self.add_prefix(TOKEN)] = self._sign({**seen, **conflicts})  # type: ignore[index]

    def _shown(self, name: str) -> str:
        field, value = self.instance._meta.get_field(name), self.current[name]
        if field.many_to_many:
            return ", ".join(map(str, value)) or "-"
        if field.many_to_one:
            return str(getattr(self.instance, name) or "-")
        return str(display_for_field(value, field, "-"))

    def _sign(self, values: dict[str, Any]) -> str:
        return signing.dumps(values, salt=_salt(self.instance), compress=True)

    def _load(self) -> dict[str, Any] | None:
        seen = values_seen(self.instance, self.data.get(self.add_prefix(TOKEN)))
        return seen if seen is not None and seen.keys() >= set(self._told) else None


def values_seen(instance: Model, token: str | None) -> dict[str, Any] | None:
    """What a form of that row was rendered with, as JSON holds it; None if the token is not one of that row's."""
    try:
        values: dict[str, Any] = signing.loads(token or "", salt=_salt(instance))
    except signing.BadSignature:
        return None
    return values


def to_python(instance: Model, name: str, value: Any) -> Any:
    """A value of ``values_seen`` as a form's initial."""
    field: Any = instance._meta.get_field(name)
    return value if field.many_to_many else field.to_python(value)


def _salt(instance: Model) -> str:
    return f"{instance._meta.label_lower} {instance.pk}"


def _plain(value: Any) -> Any:
    """A field's value as JSON holds it."""
    if isinstance(value, list):
        return sorted(row.pk for row in value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def with_token(fieldsets: Any) -> list[Any]:
    """The fieldsets with the form's hidden field at the end of the first."""
    (name, options), *rest = fieldsets
    if TOKEN in flatten_fieldsets(fieldsets):
        return [(name, options), *rest]
    return [(name, {**options, "fields": (*options["fields"], TOKEN)}), *rest]
