from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RoomsConfig(AppConfig):
    name = "rooms"
    verbose_name = _("Live")

    def ready(self) -> None:
        from accounts import hooks
        from accounts.errors import error_translators
        from rooms import errors
        from rooms.checks import names, pipeline
        from rooms.services import profiles

        hooks.nickname_checks.append(names.nickname_check)
        hooks.profile_locks.append(profiles.profile_lock)
        hooks.profile_changed.append(profiles.profile_changed)
        hooks.tokens_revoked.append(profiles.tokens_revoked)
        error_translators.append(errors.translate)
        # A path that leads nowhere ends the start.
        pipeline.pipeline()
