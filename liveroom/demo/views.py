"""Serves the demo's pictures, drawn when they are asked for: there is no file that could be missing."""

from functools import cache

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from liveroom.demo.goods import GOODS
from liveroom.demo.people import PEOPLE
from liveroom.demo.scenes import SCENES

PICTURES = {**GOODS, **PEOPLE, **SCENES}


@cache
def drawn(name: str) -> bytes:
    """A picture's file; raises KeyError."""
    return PICTURES[name]().render().encode()


@require_safe
@cache_control(public=True, max_age=3600)
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """One picture. Opened by itself it may load and run nothing."""
    if name not in PICTURES:
        raise Http404(name)
    response = HttpResponse(drawn(name), content_type="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def address(name: str) -> str:
    """Where a picture is, on this server."""
    return reverse("demo-picture", args=[name])
