"""Django's own texts that its Chinese leaves in English: named here, so that the project's catalogue has them.

The administration's scripts have theirs in ``djangojs.po``. ``tests/test_translations.py`` finds what is missing.
"""

from django.utils.translation import gettext_noop, ngettext_lazy

MISSING = (
    gettext_noop("Add link"),
    gettext_noop("After you’ve created a user, you’ll be able to edit more user options."),
    gettext_noop("Change or view list link"),
    gettext_noop("Error:"),
    gettext_noop("Forgotten your login credentials?"),
    gettext_noop("In case you’ve forgotten, you are:"),
    gettext_noop("Model name"),
    gettext_noop("%(model)s instance with %(field)s %(value)r is not a valid choice."),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
)
