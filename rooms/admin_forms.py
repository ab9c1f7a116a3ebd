"""Forms of the administration that are saved by services, and what becomes of a service's refusal."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.admin_forms import OptimisticModelForm
from rooms.messages import Code, Refused

REASONS = {
    Code.ROOM_CLOSED: _("This step is not possible now."),
    Code.NOT_ON_SHELF: _("This item is not on the shelf."),
    Code.OUT_OF_STOCK: _("There are not that many pieces."),
    Code.LIMIT_REACHED: _("This would be beyond a limit."),
    Code.BAD_MESSAGE: _("This value is not possible."),
}


def reason(refused: Refused) -> str:
    """What an operator reads of a refusal: the reason by its code, and the service's own words."""
    return f"{REASONS.get(refused.code, _('This was refused.'))} ({refused.detail})"


class FormRefused(Exception):
    """A service refused what the form with that prefix asked for; ``field`` is the service's name of the field.

    ``again``: only for now, and the same may be tried again at once.
    """

    def __init__(self, prefix: str | None, refused: Refused) -> None:
        super().__init__(refused.detail)
        self.prefix = prefix
        self.field = refused.field
        self.text = reason(refused)
        self.again = refused.code == Code.UNAVAILABLE


@contextmanager
def refusals_of(form: forms.BaseForm) -> Iterator[None]:
    """Say whose refusal it is when a service refuses what is done inside for ``form``."""
    try:
        yield
    except Refused as refused:
        raise FormRefused(form.prefix, refused) from refused


class ServiceForm(OptimisticModelForm):
    """A form whose changes are made by services.

    ``refusals``: what they refused at the last try; ``refused_fields``: the form's name of a service's field.
    """

    refusals: Sequence[FormRefused] = ()
    refused_fields: ClassVar[Mapping[str, str]] = {}

    def clean(self) -> dict[str, Any]:
        super().clean()
        for refusal in self.refusals:
            if refusal.prefix == self.prefix:
                field = self.refused_fields.get(refusal.field or "", refusal.field)
                self.add_error(field if field in self.fields else None, ValidationError(refusal.text, "refused"))
        return self.cleaned_data
