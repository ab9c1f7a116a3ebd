"""Where static files are kept for production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Names every file by its content, and the modules that a module imports too.

    Under their plain names they would be kept for a minute: after an update a new module would meet old ones.
    """

    support_js_module_import_aggregation = True
