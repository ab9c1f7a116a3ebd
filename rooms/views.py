"""The pages of rooms, in the viewer's language. What moves on them comes over the socket."""

import re
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from rooms import selectors
from rooms.models import Room
from rooms.page_texts import TEXTS
from rooms.realtime import runtime

View = Callable[..., HttpResponse]

PER_PAGE = 24
DEFAULT_PORTS = {"http": 80, "https": 443}
HOST = re.compile(r"[A-Za-z0-9.-]+")
"""A host that can stand in a policy: nothing in it ends the entry or the directive."""
STATUS_ORDER = (Room.Status.LIVE, Room.Status.PAUSED, Room.Status.SCHEDULED, Room.Status.ENDED)


def content_security_policy(request: HttpRequest, *, stream: str = "") -> str:
    """What a page may load: scripts, styles and fonts from here alone, and none in the page itself.

    Covers and videos stand on other hosts; ``stream`` is the address of the one that the page's player may read. The
    socket is named because older browsers do not count it as 'self'.
    """
    host = request.get_host()
    connect = ["'self'", f"ws://{host}", f"wss://{host}", *origin_of(stream)]
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            "img-src 'self' http: https:",
            "media-src 'self' http: https: blob:",
            f"connect-src {' '.join(connect)}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def origin_of(address: str) -> list[str]:
    """The origin of an http or https address, as a policy names it; nothing for any other address."""
    try:
        parts = urlsplit(address)
        # Reading the port is what finds a wrong one. A browser writes none that goes without saying.
        port = "" if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    except ValueError:
        return []
    plain = parts.scheme in DEFAULT_PORTS and HOST.fullmatch(parts.hostname or "")
    return [f"{parts.scheme}://{parts.hostname}{port}"] if plain else []


def login_address(request: HttpRequest) -> str:
    """Where to log in, and be led back to the page that was asked for; "" where no such place is set."""
    place: str = settings.LIVEROOM_LOGIN_URL
    if not place:
        return ""
    parts = urlsplit(place)
    # Another host needs to be told which one to lead back to.
    after = urlencode({"next": request.build_absolute_uri() if parts.netloc else request.get_full_path()})
    return urlunsplit(parts._replace(query=f"{parts.query}&{after}" if parts.query else after))


def is_staff(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_staff


def guarded(view: View) -> View:
    """Send the view's page with the policy, unless it has one of its own, and for its viewer alone."""

    @wraps(view)
    def guard(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Content-Security-Policy", content_security_policy(request))
        # It is in his language, and knows whether he is signed in.
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return guard


@require_safe
@guarded
def room_list(request: HttpRequest) -> HttpResponse:
    """All rooms, PER_PAGE at a time: those that are live first, the newest first among equals."""
    order = Case(*(When(status=status, then=Value(rank)) for rank, status in enumerate(STATUS_ORDER)))
    rooms = Room.objects.select_related("host", "head").order_by(order, "-pk")
    page = Paginator(rooms, PER_PAGE).get_page(request.GET.get("page"))
    online = runtime.online_of(room.pk for room in page)
    cards = [(room, online[room.pk]) for room in page]
    live = Room.objects.filter(status=Room.Status.LIVE).count()
    return render(request, "rooms/list.html", {"page": page, "cards": cards, "live": live})


@require_safe
@guarded
def room_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One room. The page knows its title and host; everything else it learns from `init`."""
    room = get_object_or_404(Room.objects.select_related("host"), slug=slug)
    config = {
        "slug": room.slug,
        "path": f"/ws/rooms/{room.slug}/",
        "comments": reverse("api-room-comments", args=[room.slug]),
        "orders": reverse("api-orders"),
        "history": selectors.comments_in_picture(),
        "signed_in": request.user.is_authenticated,
        "readable": origin_of(room.stream),
        "login": login_address(request),
        "texts": TEXTS,
    }
    staff = is_staff(request)
    for_some = {"inspector": staff or settings.LIVEROOM_INSPECTOR, "administration": staff or settings.DEBUG}
    response = render(request, "rooms/room.html", {"room": room, "config": config, **for_some})
    response.headers["Content-Security-Policy"] = content_security_policy(request, stream=room.stream)
    return response


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Where the icon is: browsers ask here for pages that name none, the administration's and plain JSON."""
    return redirect(static("rooms/icon.svg"))
