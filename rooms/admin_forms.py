"""Forms of the administration that are saved by services, and what becomes of a service's refusal."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.admin_forms import OptimisticModelForm
from rooms.messages import Code, Refused

REASONS: Mapping[tuple[Code, str | None], Any] = {
    (Code.ROOM_CLOSED, None): _("This step is not possible now."),
    (Code.NOT_ON_SHELF, None): _("This item is not there any more."),
    (Code.NOT_ON_SHELF, "explaining"): _("Only an item on the shelf can be explained."),
    (Code.OUT_OF_STOCK, None): _("There are not that many pieces."),
    (Code.LIMIT_REACHED, None): _("This would be beyond a limit."),
    (Code.LIMIT_REACHED, "on_shelf"): _("A shelf holds %(limit)s items."),
    (Code.LIMIT_REACHED, "stock"): _("A stock is at most %(limit)s."),
    (Code.LIMIT_REACHED, "item_id"): _("An item that was ordered stays; take it off the shelf."),
    (Code.BAD_MESSAGE, None): _("This value is not possible."),
    (Code.BAD_MESSAGE, "text"): _("A notice has at most %(limit)s characters."),
    (Code.BAD_MESSAGE, "comment_id"): _("This comment is not shown in the room."),
    (Code.BAD_MESSAGE, "until"): _("This time is over already."),
    (Code.BAD_MESSAGE, "change"): _("This is no whole number."),
    (Code.BAD_MESSAGE, "before"): _("This is no whole number."),
    (Code.BAD_MESSAGE, "word"): _("A word holds something that can be seen, and no *."),
    (Code.BAD_MESSAGE, "sale_ends_at"): _("A sale has a price, a start, and an end after its start."),
    (Code.BAD_MESSAGE, "price"): _("A price is at least 0.01 yuan."),
    (Code.BAD_MESSAGE, "sale_price"): _("A price is at least 0.01 yuan."),
    (Code.CONTENT_REJECTED, None): _("This text cannot be shown here."),
    (Code.UNAVAILABLE, "text"): _("This text cannot be checked just now. Please try again."),
    (Code.FORBIDDEN, "user"): _("The host, an assistant or an administrator can be neither muted nor banned."),
    (Code.UNAVAILABLE, None): _("Somebody else was quicker. Please try again."),
}
"""What services refuse an operator, in his language: by the code and, where that says more, by the field."""
WORD_TOO_LONG = _("A word has at most %(limit)s characters.")


def reason(refused: Refused) -> str:
    """What an operator reads of a refusal. The service's own words are for developers."""
    text = REASONS.get((refused.code, refused.field)) or REASONS.get((refused.code, None), _("This was refused."))
    if refused.field == "word" and refused.limit is not None:
        text = WORD_TOO_LONG
    return str(text) % {"limit": refused.limit}


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
