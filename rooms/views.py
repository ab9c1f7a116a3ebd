"""The pages of rooms, in the viewer's language. What moves on them comes over the socket."""

from collections.abc import Callable
from functools import wraps

from django.core.paginator import Paginator
from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from rooms.models import Room
from rooms.page_texts import ERRORS, TEXTS
from rooms.realtime import runtime

View = Callable[..., HttpResponse]

PER_PAGE = 24
STATUS_ORDER = (Room.Status.LIVE, Room.Status.PAUSED, Room.Status.SCHEDULED, Room.Status.ENDED)


def content_security_policy(request: HttpRequest) -> str:
    """What a page may load: scripts and styles from here alone, and none in the page itself.

    Covers and videos stand on other hosts. The socket is named because older browsers do not count it as 'self'.
    """
    host = request.get_host()
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' http: https:",
            "media-src 'self' http: https: blob:",
            f"connect-src 'self' ws://{host} wss://{host}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def guarded(view: View) -> View:
    """Send the view's page with the policy."""

    @wraps(view)
    def guard(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers["Content-Security-Policy"] = content_security_policy(request)
        return response

    return guard


@require_safe
@guarded
def room_list(request: HttpRequest) -> HttpResponse:
    """All rooms, PER_PAGE at a time: those that are live first, the newest first among equals."""
    order = Case(*(When(status=status, then=Value(rank)) for rank, status in enumerate(STATUS_ORDER)))
    rooms = Room.objects.select_related("host").order_by(order, "-pk")
    page = Paginator(rooms, PER_PAGE).get_page(request.GET.get("page"))
    online = runtime.online_of(room.pk for room in page)
    cards = [(room, online[room.pk]) for room in page]
    return render(request, "rooms/list.html", {"page": page, "cards": cards})


@require_safe
@guarded
def room_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One room. The page knows its title and host; everything else it learns from `init`."""
    room = get_object_or_404(Room.objects.select_related("host"), slug=slug)
    config = {
        "slug": room.slug,
        "path": f"/ws/rooms/{room.slug}/",
        "signed_in": request.user.is_authenticated,
        "texts": TEXTS,
        "errors": ERRORS,
    }
    return render(request, "rooms/room.html", {"room": room, "config": config})


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Where the icon is: browsers ask here for pages that name none, the administration's and plain JSON."""
    return redirect(static("rooms/icon.svg"))
