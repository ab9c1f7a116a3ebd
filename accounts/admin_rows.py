"""Actions as plain buttons, in the rows of a list and on a form: one click, one POST, and back to the same place."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.encoding import iri_to_uri
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

FORM = "row-actions"
"""The id of the one form, on every page, that all these buttons send; each to an address of its own."""


SEEN = "seen"
"""The field in which a button sends the state that it was drawn for."""

CONFIRMED = "confirmed"
KEPT = ("action", "next", SEEN)
"""The fields of a button, or of the list's own menu, that are sent again with the answer to a question."""


def button(
    name: str, label: str | Promise, address: str, about: object, value: str = "", field: str = SEEN
) -> SafeString:
    """A button that sends a POST to that address; ``about`` is named to those who do not see its row.

    ``value``: what it sends along in ``field``, such as the state that it was drawn for.
    """
    return format_html(
        '<button class="do do-{}" form="{}" formaction="{}"{} aria-label="{}: {}">{}</button>',
        name,
        FORM,
        address,
        format_html(' name="{}" value="{}"', field, value) if value else "",
        label,
        about,
        label,
    )


def choice(name: str, label: str | Promise, about: object, buttons: Iterable[SafeString]) -> SafeString:
    """What unfolds into these buttons, without a script too."""
    return format_html(
        '<details class="choice"><summary class="do do-{}" aria-label="{}: {}">{}</summary>'
        '<span class="offered">{}</span></details>',
        name,
        label,
        about,
        label,
        format_html_join("", "{}", ((each,) for each in buttons)),
    )


def back(request: HttpRequest, fallback: str, anchor: str = "") -> HttpResponseRedirect:
    """Lead back to the page that the button stood on, to the place named ``anchor``."""
    asked = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure()):
        asked = fallback
    address = asked.partition("#")[0]
    return HttpResponseRedirect(iri_to_uri(f"{address}#{anchor}" if anchor else address))


def is_answer(request: HttpRequest) -> bool:
    """Whether this is the answer to what ``ask`` asked."""
    return CONFIRMED in request.POST


def ask(
    request: HttpRequest,
    shown_by: "admin.ModelAdmin[Any]",
    *,
    title: str | Promise,
    question: str,
    answer: str | Promise,
    lines: Iterable[object],
    sent: Iterable[tuple[str, str]],
) -> HttpResponse:
    """A page that asks before an action is run; it works without a script.

    Its button, ``answer``, sends what was sent to the same address again, and that it is the answer. ``sent``: the
    fields of the rows that are meant; ``lines`` name them.
    """
    opts = shown_by.opts
    context = {
        **shown_by.admin_site.each_context(request),
        "opts": opts,
        "title": title,
        "question": question,
        "answer": answer,
        "lines": lines,
        "sent": [*sent, *((name, request.POST[name]) for name in KEPT if name in request.POST), (CONFIRMED, "yes")],
        "address": request.get_full_path(),
        "back": back(request, reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")).url,
    }
    return render(request, "admin/ask.html", context)


class RowActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """Actions of the list that are offered on single rows too. Who may not run an action sees no button of it.

    ``row_actions``: their short names on the buttons, by the names that they have in ``actions``; ``row_choices``: of
    those where the row offers a choice, the field that says which, with the values and their names.
    """

    row_actions: ClassVar[Mapping[str, str | Promise]] = {}
    row_choices: ClassVar[Mapping[str, tuple[str, Iterable[tuple[str, str | Promise]]]]] = {}

    def actions_of(self, obj: Any) -> Iterable[str]:
        """Those of ``row_actions`` that make sense for this row now."""
        return self.row_actions

    def seen_of(self, obj: Any) -> str:
        """The state that the buttons of this row are drawn for; "" where an action means the same in all."""
        return ""

    def buttons(self, request: HttpRequest, obj: Any) -> SafeString:
        """The buttons of a row for this user, in a place of its name, on whichever page."""
        allowed = self._allowed(request)
        names = [name for name in self.actions_of(obj) if name in allowed]
        made = ((self._button(obj, name),) for name in names)
        return format_html(
            '<span class="buttons" id="{}">{}</span>', self._place(obj.pk), format_html_join("", "{}", made)
        )

    def _button(self, obj: Any, name: str) -> SafeString:
        label, address = self.row_actions[name], self._address(obj, name)
        if name not in self.row_choices:
            return button(name, label, address, obj, self.seen_of(obj))
        field, choices = self.row_choices[name]
        about = f"{label}: {obj}"
        offered = (button(name, text, address, about, value, field) for value, text in choices)
        return choice(name, label, obj, offered)

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        if not self._allowed(request):
            return shown

        @admin.display(description=_("actions"))
        def row_buttons(obj: Any) -> SafeString:
            return self.buttons(request, obj)

        return (*shown, row_buttons)

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.row_action_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        return [path("<int:pk>/do/<str:action>/", view, name=name), *super().get_urls()]

    def row_action_view(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """Run an action on one row. It says itself what came of it, and leaves its line in the log.

        What it returns is shown instead of the page that the button stood on: a question, to be answered first.
        """
        if request.method != "POST":
            return self._to_list()
        if action not in self._allowed(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk)
        if row.exists():
            question = self._allowed(request)[action](self, request, row)
            if isinstance(question, HttpResponse):
                return question
        else:
            text = gettext("This %(name)s is not there any more.") % {"name": self.opts.verbose_name}
            self.message_user(request, text, messages.ERROR)
        return back(request, self._to_list().url, self._place(pk))

    def _to_list(self) -> HttpResponseRedirect:
        """Where those are led who come by an address of a button, after a log-in or in another language."""
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def _allowed(self, request: HttpRequest) -> dict[str, Callable[..., Any]]:
        actions: Any = self.get_actions(request)
        return {name: actions[name][0] for name in self.row_actions if name in actions}

    def _place(self, pk: Any) -> str:
        return f"{self.opts.model_name}-{pk}"

    def _address(self, obj: Any, action: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_do", args=[obj.pk, action])
