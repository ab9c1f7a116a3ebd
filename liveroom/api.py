"""What the HTTP API has apart from the apps' routes."""

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from accounts.api import ApiView


class NotFoundView(ApiView):
    """Answers every address under /api/ that leads nowhere in the shape of all errors."""

    schema = None
    authentication_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is nothing at this address.")
