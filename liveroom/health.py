"""Whether this process lives, and whether it can serve: for load balancers and supervisors.

Both are answered before anything else looks at the request: a probe asks by an IP address that ALLOWED_HOSTS does not
hold, and without TLS.
"""

import time
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rooms.models import RoomHead
from rooms.realtime import runtime
from rooms.realtime.outage import database_outage


def probes(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer the two addresses; the outermost middleware."""
    views = {"/healthz": healthz, "/readyz": readyz}

    def middleware(request: HttpRequest) -> HttpResponseBase:
        view = views.get(request.path_info.removesuffix("/"))
        return view(request) if view else get_response(request)

    return middleware


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer: the process lives. It asks nothing else, so that no outage elsewhere has it restarted."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers, the channel layer is heard and the process does not end, else 503."""
    database, (layer, draining) = _database_answers(), runtime.state()
    ready = database and layer and not draining
    body = {
        "status": "ready" if ready else "not ready",
        "database": database,
        "layer": layer,
        "draining": draining,
    }
    return JsonResponse(body, status=200 if ready else 503)


def _database_answers() -> bool:
    begun = time.monotonic()
    try:
        # A table of ours: a database that was never migrated cannot serve.
        RoomHead.objects.exists()
    except (DatabaseError, InterfaceError) as error:
        database_outage.failed(begun, error)
        return False
    database_outage.answered(begun)
    return True
