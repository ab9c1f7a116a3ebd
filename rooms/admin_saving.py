"""How the administration saves: under the rooms' locks from before the check of a form until its end, by services."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.contrib.messages import get_messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext

from accounts.admin_forms import with_token
from accounts.admin_lists import LongListAdmin, key
from rooms.admin_forms import FormRefused
from rooms.admin_said import changes_text
from rooms.transaction import RoomTransaction

TRIES = 3
ELSEWHERE = {"_continue", "_saveasnew", "_addanother", IS_POPUP_VAR}
"""Ways to save that lead elsewhere, and say so."""


class Saving(ExitStack):
    """One try to save a form; ``tx`` holds the rooms that it changes, ``refusals`` what the last try was refused,
    ``changes`` what it is about to write into the history."""

    def __init__(self, refusals: Sequence[FormRefused] = ()) -> None:
        super().__init__()
        self.refusals = refusals
        self.changes: Sequence[Any] = ()
        self._tx: RoomTransaction | None = None

    def lock(self, *room_ids: int) -> RoomTransaction:
        """Lock rooms until the end of this try."""
        self._tx = self.enter_context(RoomTransaction(*room_ids))
        return self._tx

    @property
    def tx(self) -> RoomTransaction:
        if self._tx is None:
            raise RuntimeError("Nothing was locked before it is changed.")
        return self._tx


def saving_of(request: HttpRequest) -> Saving:
    """The try to save that this request is in; outside of one, an empty one."""
    found = getattr(request, "saving", None)
    return found if isinstance(found, Saving) else Saving()


class ServiceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Forms that are saved by services.

    A form is checked against what it will change: ``lock`` is called before anything is read. When a service refuses,
    all is rolled back, and the form is checked once more and shown with that error.
    """

    def lock(self, saving: Saving, pk: Any) -> None:
        """Lock what a change of the row with that key locks; it may be gone."""
        raise NotImplementedError

    def refused_before(self, request: HttpRequest, object_id: str | None) -> Sequence[FormRefused]:
        """What of a posted form is refused before anything is locked: of what is to be asked elsewhere."""
        return ()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        view = super().changeform_view
        return self._saved(request, object_id, lambda: view(request, object_id, form_url, extra_context))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        view = super().delete_view
        return self._saved(request, object_id, lambda: view(request, object_id, extra_context))

    def _saved(self, request: HttpRequest, object_id: str | None, view: Callable[[], HttpResponse]) -> HttpResponse:
        if request.method != "POST":
            return view()
        before = refusals = tuple(self.refused_before(request, object_id))
        tries = TRIES
        while True:
            tries -= 1
            try:
                with transaction.atomic(), Saving(refusals) as saving:
                    request.saving = saving  # type: ignore[attr-defined]
                    self._lock(saving, object_id)
                    return view()
            except Exception as error:
                # "Saved" may have been said already, before the end of the transaction failed.
                list(get_messages(request))
                # A key that another process took meanwhile is an ordinary error of the form at the next look.
                if not tries or not isinstance(error, FormRefused | IntegrityError):
                    raise
                refusals = (*before, error) if isinstance(error, FormRefused) and not error.again else before

    def _lock(self, saving: Saving, object_id: str | None) -> None:
        pk = key(unquote(object_id)) if object_id is not None else None
        if pk is not None:
            self.lock(saving, pk)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.refusals = saving_of(request).refusals
        return form

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Iterator[tuple[Any, Any]]:
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            formset.form.refusals = saving_of(request).refusals
            yield formset, inline

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return with_token(fieldsets) if obj and self.has_change_permission(request, obj) else fieldsets

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Say what was saved, instead of only that something was."""
        if ELSEWHERE & request.POST.keys():
            return super().response_change(request, obj)
        what = changes_text(saving_of(request).changes)
        self.message_user(
            request,
            gettext("Saved: %(what)s.") % {"what": what} if what else gettext("Nothing was changed."),
            messages.SUCCESS,
        )
        return self.response_post_save_change(request, obj)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Name fields as their models do: these names are translated where the log is read, labels are not."""
        message = super().construct_change_message(request, form, formsets, add)
        models = [self.model, *(formset.model for formset in formsets or ())]
        with translation.override(None):
            names = {capfirst(field.verbose_name): str(field.verbose_name) for m in models for field in m._meta.fields}
        for part in message:
            if "fields" in part.get("changed", {}):
                part["changed"]["fields"] = [names.get(label, label) for label in part["changed"]["fields"]]
        saving_of(request).changes = message
        return message


class ReadOnlyAdmin(LongListAdmin):
    """Rows to look at: what they record is not edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
