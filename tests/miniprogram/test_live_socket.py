"""The client file: by itself, as WeChat and a page read it, and its words beside the server's codes."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from django.templatetags.static import static

from rooms.messages import Close, Code
from tests.deployment import Deployments
from tests.miniprogram.node import CLIENT_FILE, HERE, PACKAGES, run

PATH = "miniprogram/utils/live-socket.js"


@pytest.mark.parametrize("script", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_by_itself(script: str) -> None:
    """With a clock and a network of the tests' own: connection, commands, and the picture."""
    said = run("--test", "--test-reporter=tap", script)
    assert re.search(r"^# pass [1-9]", said, re.MULTILINE), said
    assert re.search(r"^# skipped 0$", said, re.MULTILINE), said


def test_its_types_are_right() -> None:
    """Strictly, against the types of WeChat's API, and with nothing that only a browser has."""
    run(PACKAGES / "typescript" / "bin" / "tsc", "--project", "tsconfig.json")


def test_a_phone_reads_its_syntax() -> None:
    """It is ES2018, which needs no translation, and one module without imports."""
    tree = json.loads(run(PACKAGES / "acorn" / "bin" / "acorn", "--ecma2018", "--module", "--compact", CLIENT_FILE))
    kinds = {part["type"] for part in tree["body"]}
    assert "ExportNamedDeclaration" in kinds
    assert not {kind for kind in kinds if kind.startswith("Import")}
    assert '"type":"ImportExpression"' not in json.dumps(tree, separators=(",", ":"))


def test_it_has_words_for_every_code() -> None:
    """Every error and every close of the server is told in both languages; those of its own come on top."""
    script = "import * as file from './client.mjs'; console.log(JSON.stringify(file))"
    file = json.loads(run("--input-type=module", "--eval", script))
    errors, closes, own = file["ERRORS"], file["CLOSE_TEXTS"], file["OWN_CODES"]
    for language in ("en", "zh-hans"):
        assert errors[language].keys() == {code.value for code in Code} | set(own)
        assert closes[language].keys() == {str(close.value) for close in Close} | {"1006", "1009"}


def test_a_page_is_served_the_same_file(deployments: Deployments) -> None:
    """Byte for byte, as a script; and nothing else of the mini-program."""
    with deployments.sqlite("static") as site:
        answer = httpx.get(f"{site.url}/static/{PATH}", trust_env=False)
    assert answer.content == CLIENT_FILE.read_bytes()
    assert answer.headers["content-type"].startswith("text/javascript")


def test_it_is_collected_for_production(settings: Any, tmp_path: Path) -> None:
    """By its content's name, so that it may be kept for ever; unchanged, since it imports nothing."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "liveroom.storage.StaticStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    hashed = static(PATH).removeprefix("/static/")
    assert re.fullmatch(r"miniprogram/utils/live-socket\.[0-9a-f]{12}\.js", hashed)
    assert (tmp_path / hashed).read_bytes() == CLIENT_FILE.read_bytes()
    assert {path.name for path in (tmp_path / "miniprogram").iterdir()} == {"utils"}


def test_pages_that_import_it_find_it_under_its_new_name(settings: Any, tmp_path: Path) -> None:
    """A page's module may import it by a relative path: the collected one names the file with the hash."""
    (tmp_path / "sources" / "pages").mkdir(parents=True)
    page = f'import {{ LiveSocket }} from "../{PATH}";\nLiveSocket;\n'
    (tmp_path / "sources" / "pages" / "page.js").write_text(page)
    settings.STATICFILES_DIRS = [*settings.STATICFILES_DIRS, tmp_path / "sources"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "liveroom.storage.StaticStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    collected = (tmp_path / "collected" / static("pages/page.js").removeprefix("/static/")).read_text()
    assert f'from "../{static(PATH).removeprefix("/static/")}"' in collected
