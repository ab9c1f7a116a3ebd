"""Users in the administration: a form writes what its user changed, through the services."""

from contextlib import nullcontext
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from accounts import hooks, services
from accounts.admin_forms import OptimisticModelForm, with_token
from accounts.admin_lists import LongListAdmin, key
from accounts.admin_pictures import PictureInput, picture
from accounts.models import User, clean_nickname
from accounts.wechat import admin as _wechat  # noqa: F401 - Django finds an app's pages here

CHOSEN_BY_OPERATORS = {"host", "assistants"}
"""Fields of other forms in which somebody is chosen who has an account; of guests there are many more."""
POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")
"""What a superuser alone gives: whoever might give it himself had it already."""


class UserAddForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username", "nickname")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        how: Any = self.fields["usable_password"]
        how.label = _("Password")
        how.choices = [("false", pgettext_lazy("password", "none")), ("true", pgettext_lazy("password", "set one"))]
        how.help_text = _(
            "A host or assistant who comes from your shop or mini-program needs none. Whoever is to log in to this "
            "administration needs one, and staff status, which is given on the next page."
        )


class UserEditForm(OptimisticModelForm, UserChangeForm):  # type: ignore[type-arg]
    class Meta(UserChangeForm.Meta):
        model = User

    def clean_nickname(self) -> str:
        """Refuse an empty one, unless there never was one: an administrator may have none."""
        nickname: str = self.cleaned_data["nickname"]
        return clean_nickname(nickname) if nickname != self.initial["nickname"] else nickname


@admin.register(User)
class UserAdmin(LongListAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    form = UserEditForm
    add_form = UserAddForm
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "nickname", "usable_password", "password1", "password2")}),
    )
    fieldsets = (
        (None, {"fields": ("username", "password", "public_id")}),
        (_("Profile"), {"fields": ("nickname", "avatar", "is_guest")}),
        (_("Known elsewhere as"), {"fields": ("external_id", "openid", "unionid")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("History"), {"fields": ("token_version", "last_login", "created_at")}),
    )
    readonly_fields = ("public_id", "token_version", "last_login", "created_at", "is_guest")
    list_display = (
        "avatar_shown",
        "__str__",
        "username",
        "public_id",
        "external_id",
        "is_guest",
        "is_staff",
        "is_active",
        "created_at",
    )
    list_filter = ("is_guest", "is_staff", "is_superuser", "is_active", "groups")
    search_fields = ("nickname", "username", "public_id", "external_id")
    list_display_links = ("avatar_shown", "__str__")
    sortable_by = ()
    actions = ("revoke_tokens",)

    @admin.display(description=_("avatar"))
    def avatar_shown(self, user: User) -> SafeString:
        return picture(user.avatar, "avatar", name=str(user))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "avatar":
            kwargs["widget"] = PictureInput()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        with transaction.atomic() if request.method == "POST" else nullcontext():
            if request.method == "POST" and (pk := key(object_id)) is not None:
                # What the form is checked against is what it changes.
                for lock in hooks.profile_locks:
                    lock(pk)
                User.objects.select_for_update(no_key=True).filter(pk=pk).first()
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Whoever is added does not log in here, unless that is asked for."""
        return {"usable_password": "false", **super().get_changeform_initial_data(request)}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """In choices of a host or assistants guests come last, and only where they are looked for."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if request.GET.get("field_name") in CHOSEN_BY_OPERATORS:
            found = found.order_by("is_guest", "-pk") if search_term.strip() else found.filter(is_guest=False)
        return found, may_repeat

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return with_token(fieldsets) if obj and self.has_change_permission(request, obj) else fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *POWERS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Who is no superuser changes nobody who may do more than he: whose password one sets, that one is he."""
        if obj is not None and obj.is_staff and obj.pk != request.user.pk and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody: an account is switched off, and what it has said, bought and followed stays true."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        profile = {field: getattr(obj, field) for field in ("nickname", "avatar") if field in form.changed_data}
        columns = {field.name for field in User._meta.concrete_fields}
        obj.save(update_fields=[name for name in form.changed_data if name in columns and name not in profile])
        for field in profile:
            setattr(obj, field, form.current[field])
        services.profile_update(user=obj, **profile)
        if "is_active" in form.changed_data and not obj.is_active:
            services.tokens_revoke(user=obj)

    @admin.action(description=_("Revoke all tokens of the selected users"), permissions=["change"])
    def revoke_tokens(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End every token of the users chosen; their sockets are told by the observers."""
        users = [user for user in queryset if self.has_change_permission(request, user)]
        for user in users:
            services.tokens_revoke(user=user)
            self.log_change(request, user, [{"changed": {"fields": ["token version"]}}])
        text = ngettext(
            "The tokens of %(count)d user were revoked.", "The tokens of %(count)d users were revoked.", len(users)
        )
        self.message_user(request, text % {"count": len(users)}, messages.SUCCESS)
