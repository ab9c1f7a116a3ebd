"""Static files: where they are kept for production, and how they are read."""

from collections.abc import AsyncIterator
from typing import Any, BinaryIO

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

CHUNK = 64 * 1024


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Names every file by its content, and the modules that a module imports too.

    Under their plain names they would be kept for a minute: after an update a new module would meet old ones.
    """

    support_js_module_import_aggregation = True


class StaticFiles(WhiteNoiseMiddleware):
    """whitenoise's files, a piece after the other: on ASGI Django reads each whole, and warns of it."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> Any:
        response = WhiteNoiseMiddleware.serve(static_file, request)
        if isinstance(request, ASGIRequest):
            response.streaming_content = _pieces(response.file_to_stream)  # the response still closes the file
        return response


async def _pieces(file: BinaryIO | None) -> AsyncIterator[bytes]:
    if file is None:  # as for HEAD, or what is not modified
        return
    read = sync_to_async(file.read, thread_sensitive=False)
    while piece := await read(CHUNK):
        yield piece
