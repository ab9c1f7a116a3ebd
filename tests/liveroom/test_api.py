"""The HTTP API as a whole: its description, its edges, and who may call it from where."""

from io import StringIO

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from rooms.models import Room
from tests.accounts.errors import error_of
from tests.api import JSON, ok

ORIGIN = "https://shop.example"


@pytest.fixture
def shop(settings: Settings, transactional_db: None) -> Client:
    """A caller in a page of another origin that may call the API."""
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    return Client(headers={"Origin": ORIGIN})


def test_the_description_is_complete() -> None:
    """Valid, and without a warning."""
    said = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=said)
    paths = yaml.safe_load(said.getvalue())["paths"]
    told = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    room = "/api/rooms/{slug}/"
    item = f"{room}shelf/{{item_id}}/"
    assert told == {
        "POST /api/auth/guest/",
        "POST /api/auth/issue/",
        "POST /api/auth/wechat/",
        "GET /api/auth/me/",
        "PATCH /api/auth/me/",
        "POST /api/auth/me/",
        "GET /api/rooms/",
        f"GET {room}",
        *(f"GET {room}{name}/" for name in ("comments", "events", "shelf", "stats")),
        *(f"POST {room}{name}/" for name in ("start", "pause", "end", "notice", "pin", "settings")),
        *(f"POST {room}{name}/" for name in ("mute", "unmute", "ban", "unban")),
        f"GET {room}sanctions/",
        f"GET {room}reviews/",
        f"GET {room}remind/",
        f"POST {room}remind/",
        f"POST {room}remove-comments/",
        f"DELETE {room}comments/{{comment_id}}/",
        *(f"POST {room}comments/{{comment_id}}/{name}/" for name in ("pass", "refuse")),
        f"PATCH {item}",
        *(f"POST {item}{name}/" for name in ("on", "off", "explain", "stock")),
        "GET /api/words/",
        "POST /api/words/",
        "POST /api/words/remove/",
        "DELETE /api/words/{word_id}/",
        "GET /api/orders/",
        "GET /api/orders/{number}/",
    }


def test_the_description_names_the_objects_of_the_socket(client: Client) -> None:
    """The same structs."""
    document = ok(client.get("/api/schema/?format=json", headers={"Accept": JSON}))
    answer = document["paths"]["/api/rooms/{slug}/shelf/{item_id}/"]["patch"]["responses"]["200"]
    assert answer["content"][JSON]["schema"] == {"$ref": "#/components/schemas/ItemPart"}
    assert document["components"]["schemas"]["ItemPart"]["properties"]["stock"] == {"type": "integer"}
    assert document["openapi"] == "3.1.0"


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs/"])
def test_the_page_of_the_description_needs_no_other_server(client: Client, path: str) -> None:
    """Everything on it comes from here."""
    page = client.get(path).content.decode()
    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in page
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.parametrize("path", ["/api/", "/api/none/", "/api/rooms/demo/none/", "/api/rooms/demo/shelf/x/", "/api//"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_address_that_leads_nowhere(client: Client, path: str, method: str) -> None:
    """In the shape of all errors."""
    response = getattr(client, method)(path, headers={"Authorization": "Bearer bad"})
    assert response.status_code == 404
    assert error_of(response) == {"code": "not_found", "detail": "There is nothing at this address.", "retry": False}


def test_a_page_of_a_known_origin_may_call(shop: Client, room: Room) -> None:
    """With its token or its cookies, and read errors too."""
    for path, status in (("/api/rooms/", 200), ("/api/rooms/none/", 404), ("/api/none", 404)):
        response = shop.get(path)
        assert response.status_code == status
        assert response["Access-Control-Allow-Origin"] == ORIGIN
        assert response["Access-Control-Allow-Credentials"] == "true"
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization, content-type"}
    response = shop.options("/api/rooms/demo/shelf/1/", headers=asked)
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, ORIGIN)
    assert {"authorization", "content-type", "x-csrftoken"} <= set(response["Access-Control-Allow-Headers"].split(", "))
    assert {"PATCH", "DELETE", "POST"} <= set(response["Access-Control-Allow-Methods"].split(", "))


def test_other_origins_and_other_paths_are_not_opened(shop: Client, room: Room) -> None:
    """Neither a foreign origin on the API nor a known one on the pages."""
    response = shop.get("/api/rooms/", headers={"Origin": "https://evil.example"})
    assert (response.status_code, "Access-Control-Allow-Origin" in response) == (200, False)
    assert "Access-Control-Allow-Origin" not in shop.get("/admin/login/")
    assert "Access-Control-Allow-Origin" not in shop.get("/healthz")
