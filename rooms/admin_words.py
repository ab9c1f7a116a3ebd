"""Blocked words in the administration: one or thousands at a time."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_lists import LongListAdmin
from accounts.admin_rows import ask, is_answer
from rooms.admin_forms import reason
from rooms.messages import Refused
from rooms.models import BlockedWord
from rooms.services import words

WORDS_AT_ONCE = 10_000
ERRORS_SHOWN = 5
WORDS_NAMED = 20
"""Words that are named before they are deleted."""
ADDED, CHANGED = '[{"added": {}}]', '[{"changed": {"fields": ["action"]}}]'


class BlockedWordForm(forms.ModelForm):  # type: ignore[type-arg]
    """Words, one in each line."""

    lines = forms.CharField(
        label=_("Words"),
        widget=forms.Textarea({"rows": 12, "cols": 40, "class": "vLargeTextField"}),
        max_length=WORDS_AT_ONCE * 60,
        help_text=_("One in each line; paste a whole list. Case, width and invisible characters make no difference."),
    )

    class Meta:
        model = BlockedWord
        fields = ("action",)

    def clean_lines(self) -> list[str]:
        lines = [
            (number, line) for number, line in enumerate(self.cleaned_data["lines"].splitlines(), 1) if line.strip()
        ]
        if len(lines) > WORDS_AT_ONCE:
            text = _("At most %(limit)d words at a time; these are %(count)d.")
            raise ValidationError(text, "limit", {"limit": WORDS_AT_ONCE, "count": len(lines)})
        wrong = [(number, refused) for number, line in lines if (refused := _refusal(line)) is not None]
        if wrong:
            text = _("Line %(number)d: %(reason)s")
            raise ValidationError(
                [
                    ValidationError(text, "refused", {"number": number, "reason": reason(refused)})
                    for number, refused in wrong[:ERRORS_SHOWN]
                ]
            )
        return [line for _number, line in lines]


def _refusal(line: str) -> Refused | None:
    try:
        words.word_clean(line)
    except Refused as refused:
        return refused
    return None


@admin.register(BlockedWord)
class BlockedWordAdmin(LongListAdmin):
    """The words that are not shown. A change holds in every process within a second."""

    form = BlockedWordForm
    list_display = ("word", "action", "created_at")
    list_filter = ("action",)
    list_per_page = 100
    search_fields = ("word", "folded")
    ordering: ClassVar[Any] = ("word",)
    fields = ("lines", "action")
    actions = ("refuse", "mask", "hold", "remove")

    def get_fields(self, request: HttpRequest, obj: BlockedWord | None = None) -> Any:
        return ("word", "action", "created_at") if obj else self.fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_sort_permission(self, request: HttpRequest) -> bool:
        """Whether the user may say what is done about a word."""
        return bool(request.user.has_perm("rooms.change_blockedword"))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().add_view(request, form_url, {"show_save_and_continue": False, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: BlockedWord, form: Any, change: bool) -> None:
        lines = form.cleaned_data["lines"]
        form.added = words.words_add(lines, action=obj.action)
        obj.word = lines[0] if len(lines) == 1 else _counted(len(lines))
        new, changed = map(len, form.added)
        texts = [
            ngettext("%(count)d word is new.", "%(count)d words are new.", new) % {"count": new},
            ngettext(
                "%(count)d word was known and is treated so now.",
                "%(count)d words were known and are treated so now.",
                changed,
            )
            % {"count": changed},
        ]
        self.message_user(request, " ".join(texts[: 2 if changed else 1]), messages.SUCCESS)

    def log_addition(self, request: HttpRequest, obj: BlockedWord, message: Any) -> LogEntry:
        return self._log(request, [obj.word], ADDITION, ADDED)

    def response_add(
        self, request: HttpRequest, obj: BlockedWord, post_url_continue: str | None = None
    ) -> HttpResponse:
        if "_addanother" in request.POST:
            return HttpResponseRedirect(request.path)
        return self.response_post_save_add(request, obj)

    def has_remove_permission(self, request: HttpRequest) -> bool:
        """Whether the user may take words off the list."""
        return bool(request.user.has_perm("rooms.delete_blockedword"))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without Django's way to delete, which sends each key through the page that asks: too many for one form."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def delete_model(self, request: HttpRequest, obj: BlockedWord) -> None:
        words.words_remove([obj.pk])

    @admin.action(description=_("Delete the selected words"), permissions=["remove"])
    def remove(self, request: HttpRequest, queryset: QuerySet[BlockedWord]) -> HttpResponse | None:
        if not is_answer(request):
            return self._ask(request, queryset)
        chosen = list(queryset.values_list("pk", "word"))
        count = words.words_remove([pk for pk, _word in chosen])
        if chosen:
            self._log(request, [word for _pk, word in chosen], DELETION, "")
        text = ngettext("%(count)d word was deleted.", "%(count)d words were deleted.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
        return None

    def _ask(self, request: HttpRequest, queryset: QuerySet[BlockedWord]) -> HttpResponse:
        count = queryset.count()
        text = ngettext(
            "%(count)d word will not be blocked any more.", "%(count)d words will not be blocked any more.", count
        )
        rows = [(ACTION_CHECKBOX_NAME, key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)]
        return ask(
            request,
            self,
            title=_("Delete these words?"),
            question=text % {"count": count},
            answer=_("Delete"),
            lines=[*queryset.values_list("word", flat=True)[:WORDS_NAMED], *(["…"] if count > WORDS_NAMED else [])],
            # "All on all pages" stays that: the keys of the shown page do for the rest.
            sent=[*rows, ("select_across", request.POST.get("select_across", "0"))],
        )

    @admin.action(description=_("Refuse comments with the selected words"), permissions=["sort"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[BlockedWord]) -> None:
        self._treat(request, queryset, BlockedWord.Action.REFUSE)

    @admin.action(description=_("Mask the selected words in comments"), permissions=["sort"])
    def mask(self, request: HttpRequest, queryset: QuerySet[BlockedWord]) -> None:
        self._treat(request, queryset, BlockedWord.Action.MASK)

    @admin.action(description=_("Hold comments with the selected words for a review"), permissions=["sort"])
    def hold(self, request: HttpRequest, queryset: QuerySet[BlockedWord]) -> None:
        self._treat(request, queryset, BlockedWord.Action.HOLD)

    def _treat(self, request: HttpRequest, queryset: QuerySet[BlockedWord], action: str) -> None:
        changed = words.words_add(queryset.values_list("word", flat=True), action=action).changed
        if changed:
            self._log(request, changed, CHANGE, CHANGED)
        text = ngettext("%(count)d word is treated so now.", "%(count)d words are treated so now.", len(changed))
        self.message_user(request, text % {"count": len(changed)}, messages.SUCCESS)

    @staticmethod
    def _log(request: HttpRequest, concerned: Sequence[str], flag: int, message: str) -> LogEntry:
        """One line of the history for all words of an action."""
        return LogEntry.objects.create(
            user_id=request.user.pk or 0,
            content_type=ContentType.objects.get_for_model(BlockedWord),
            object_repr=concerned[0] if len(concerned) == 1 else _counted(len(concerned)),
            action_flag=flag,
            change_message=message,
        )


def _counted(count: int) -> str:
    return ngettext("%(count)d word", "%(count)d words", count) % {"count": count}
