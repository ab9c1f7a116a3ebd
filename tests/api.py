"""Callers of the HTTP API."""

from typing import Any

from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from tests.factories import token_of

JSON = "application/json"


def as_user(user: User) -> Client:
    """A client that carries the user's token, and nothing else."""
    return Client(headers={"Authorization": f"Bearer {token_of(user)}"})


def in_browser(user: User) -> APIClient:
    """A client that is logged in by a session, and is asked for a CSRF token as a browser is."""
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    return client


def ok(response: Any, status: int = 200) -> Any:
    """The JSON of an answer, which must have that status."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == JSON
    return response.json()
