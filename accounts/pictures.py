"""Pictures that people upload of themselves: drawn anew, stored by their content, served by this server."""

import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from threading import BoundedSemaphore
from typing import IO, Final, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from PIL import Image, ImageOps

from accounts.errors import ApiError
from accounts.models import User

logger = logging.getLogger(__name__)

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
SIDE: Final = 256
PIXELS_MAX: Final = 16_000_000
"""A phone's camera has 12 million; drawing them takes 64 MB."""
AT_ONCE: Final = 2
WAIT: Final = 5.0
"""Seconds to wait for one's turn."""
FOLDER: Final = "avatars"
NAME: Final = re.compile(r"[0-9a-f]{48}\.(?:jpg|webp)")
TYPES: Final = {"jpg": "image/jpeg", "webp": "image/webp"}

_turn = BoundedSemaphore(AT_ONCE)


class Picture(NamedTuple):
    content: bytes
    suffix: str


def picture_drawn(file: IO[bytes]) -> Picture:
    """Draw a JPEG, PNG, WebP or GIF anew: a square of at most 256 pixels, as it is to be seen, and nothing beside it.

    Raises ValidationError for what is no such picture, or has too many pixels; ApiError when too many are drawn.
    """
    with _taking_turns():
        try:
            return _drawn(file)
        except ValidationError:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            # The library's own bound, which is higher.
            raise _too_many_pixels() from None
        except Exception as error:
            # A broken file makes the library's readers raise whatever it breaks.
            logger.info("An upload is no picture: %s", type(error).__name__)
    raise ValidationError(_("An avatar is a JPEG, PNG, WebP or GIF picture."), code="invalid")


def _drawn(file: IO[bytes]) -> Picture:
    with Image.open(file, formats=FORMATS) as image:
        # Known from its head, before anything is drawn.
        if image.width * image.height > PIXELS_MAX:
            raise _too_many_pixels()
        # A JPEG is read at a fraction of its size, where that is enough.
        image.draft("RGB", (2 * SIDE, 2 * SIDE))
        upright = ImageOps.exif_transpose(image)
        clear = upright.has_transparency_data
        whole = upright.convert("RGBA" if clear else "RGB")
    side = min(SIDE, *whole.size)
    square = ImageOps.fit(whole, (side, side), Image.Resampling.LANCZOS)
    drawn = BytesIO()
    # Without what the file knew beside its pixels: where it was taken, by what, of whom.
    square.info.clear()
    if clear:
        square.save(drawn, "WEBP", quality=85)
        return Picture(drawn.getvalue(), "webp")
    square.save(drawn, "JPEG", quality=85, optimize=True)
    return Picture(drawn.getvalue(), "jpg")


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        _("A picture has at most %(limit)d million pixels."),
        code="too_many_pixels",
        params={"limit": PIXELS_MAX // 1_000_000},
    )


@contextmanager
def _taking_turns() -> Iterator[None]:
    if not _turn.acquire(timeout=WAIT):
        raise ApiError("unavailable", 503, "Too many pictures are being drawn; try again.", retry=True, retry_after=5)
    try:
        yield
    finally:
        _turn.release()


def picture_stored(user: User, picture: Picture) -> str:
    """Store somebody's picture and return its address; the same picture of the same user has the same one.

    The name cannot be guessed, and tells whose it is to this server alone.
    """
    name = f"{_owner(user)}{hashlib.sha256(picture.content).hexdigest()[:24]}.{picture.suffix}"
    path = f"{FOLDER}/{name}"
    if not default_storage.exists(path):
        default_storage.save(path, ContentFile(picture.content))
    return f"{settings.MEDIA_URL}{path}"


def picture_unwanted(user: User, address: str) -> None:
    """Delete a picture that was stored for a change which then failed."""
    _delete(user.pk, address, address.removeprefix(settings.MEDIA_URL))


def picture_left(user: User, address: str) -> None:
    """Once this transaction is committed, delete a picture that was the user's own and is not any more."""
    name = address.removeprefix(f"{settings.MEDIA_URL}{FOLDER}/")
    if name != address and NAME.fullmatch(name) and name.startswith(_owner(user)):
        transaction.on_commit(partial(_delete, user.pk, address, f"{FOLDER}/{name}"))


def _delete(user_id: int, address: str, path: str) -> None:
    # He may have it all the same: it is the one that he had, or he took it again meanwhile.
    if User.objects.filter(pk=user_id, avatar=address).exists():
        return
    try:
        default_storage.delete(path)
    except OSError as error:
        logger.warning("A picture that is not used any more could not be deleted: %s", error)


def _owner(user: User) -> str:
    return salted_hmac("accounts.pictures", user.public_id, algorithm="sha256").hexdigest()[:24]


@require_safe
def avatar(request: HttpRequest, name: str) -> HttpResponse:
    """One picture; under its name there is never another one."""
    if not NAME.fullmatch(name):
        raise Http404(name)
    try:
        with default_storage.open(f"{FOLDER}/{name}") as file:
            content = file.read()
    except OSError:
        raise Http404(name) from None
    response = HttpResponse(content, content_type=TYPES[name.rpartition(".")[2]])
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
