"""Whether this process lives, and whether it can serve: for load balancers and supervisors.

Neither is redirected to HTTPS. Both want a Host header that ALLOWED_HOSTS holds, as every page does: a probe that asks
by an IP address is answered with 400 unless that address is listed there, or the probe sets the header.
"""

import logging

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rooms.realtime import runtime

logger = logging.getLogger(__name__)


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
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except (DatabaseError, InterfaceError) as error:
        logger.warning("The database does not answer: %s", str(error).strip() or type(error).__name__)
        return False
