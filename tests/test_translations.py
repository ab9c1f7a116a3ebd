"""Everything that the source says in English has its Chinese, and the compiled file holds the same.

New strings: `manage.py makemessages -l zh_Hans --no-wrap --add-location=file` (needs gettext) puts them into the .po;
after translating, `pybabel compile -D django -d liveroom/locale` makes the .mo (`-D djangojs` that of the scripts).
"""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.utils.translation.template import templatize

LOCALE = settings.BASE_DIR / "liveroom" / "locale" / "zh_Hans" / "LC_MESSAGES"
APPS = ("accounts", "rooms", "products", "desk", "liveroom")
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
FIELD = re.compile(r"%\(\w+\)0?\d*[sdf]|\{\w+\}")

Key = tuple[str | None, str]


def sources() -> Iterator[tuple[Path, str]]:
    """Python files of the apps as they are; templates with their strings as Python calls."""
    for app in APPS:
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            yield path, path.read_text()
    folders = [settings.BASE_DIR / "templates", *(settings.BASE_DIR / app / "templates" for app in APPS)]
    for path in (path for folder in folders for path in sorted(folder.rglob("*.html"))):
        # Only the indentation, which is the template's, keeps the result from being read as Python's tokens.
        yield path, "\n".join(line.strip() for line in templatize(path.read_text()).splitlines())


def in_the_source() -> dict[Key, str]:
    """The strings of the source, with the first file that has each."""
    found: dict[Key, str] = {}
    for path, text in sources():
        for _line, message, _comments, context in extract("python", BytesIO(text.encode()), KEYWORDS):
            texts = (message,) if isinstance(message, str) else message
            found.setdefault((context, texts[0]), str(path.relative_to(settings.BASE_DIR)))
    return found


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    with (LOCALE / "django.po").open("rb") as file:
        return read_po(file, locale="zh_Hans")


def entries(catalog: Catalog) -> dict[Key, tuple[str, ...]]:
    """The translations by their string; several where it is counted."""
    found: dict[Key, tuple[str, ...]] = {}
    for message in catalog:
        if not message.id:
            continue
        first = message.id if isinstance(message.id, str) else message.id[0]
        said = message.string or ""
        # read_mo leaves it as it stands in the file.
        context = message.context.decode() if isinstance(message.context, bytes) else message.context
        found[context, first] = (said,) if isinstance(said, str) else tuple(said)
    return found


def test_every_string_has_its_chinese(catalog: Catalog) -> None:
    """No string is missing, and the .po has none that nobody says any more."""
    source, translated = in_the_source(), entries(catalog)
    assert {key: place for key, place in source.items() if key not in translated} == {}
    assert [key for key in translated if key not in source] == []


def test_every_translation_is_finished(catalog: Catalog) -> None:
    """None is empty, none is fuzzy."""
    assert [key for key, texts in entries(catalog).items() if not all(texts)] == []
    assert [message.id for message in catalog if message.id and message.fuzzy] == []


def test_every_translation_has_the_fields_of_its_string(catalog: Catalog) -> None:
    """What is filled into the English is filled into the Chinese."""
    wrong = [
        key
        for key, texts in entries(catalog).items()
        if any(sorted(FIELD.findall(text)) != sorted(FIELD.findall(key[1])) for text in texts)
    ]
    assert wrong == []


def test_the_compiled_file_is_that_of_the_po(catalog: Catalog) -> None:
    """The .mo, which is what the server reads, holds what the .po says."""
    with (LOCALE / "django.mo").open("rb") as file:
        assert entries(read_mo(file)) == entries(catalog)


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_nothing_of_django_stays_english(domain: str) -> None:
    """What its Chinese lacks, the project's own has; both files of the scripts' texts hold the same."""
    with (LOCALE / f"{domain}.po").open("rb") as po, (LOCALE / f"{domain}.mo").open("rb") as mo:
        ours = entries(read_po(po, locale="zh_Hans"))
        assert entries(read_mo(mo)) == ours
    checked = 0
    for app in apps.get_app_configs():
        folder = Path(app.path) / "locale"
        if not app.name.startswith("django.") or not (folder / "en" / "LC_MESSAGES" / f"{domain}.po").exists():
            continue
        with (folder / "en" / "LC_MESSAGES" / f"{domain}.po").open("rb") as english:
            source = entries(read_po(english, locale="en"))
        with (folder / "zh_Hans" / "LC_MESSAGES" / f"{domain}.po").open("rb") as chinese:
            finished = entries(read_po(chinese, locale="zh_Hans"))
        assert [key for key in source if not all(finished.get(key, [""])) and key not in ours] == []
        checked += len(source)
    assert checked > 50


def test_the_scripts_of_the_administration_speak_chinese(admin_client: Client) -> None:
    """The catalogue that they load has the project's own texts too."""
    script = admin_client.get("/admin/jsi18n/", headers={"Accept-Language": "zh-hans"}).content.decode()
    assert "Choose all %s" in script
    assert json.dumps("选择全部%s") in script


def test_a_string_in_a_template_is_found() -> None:
    """The search reads templates too, blocks with fields among them."""
    source = in_the_source()
    assert source[None, "Skip to the content"] == "templates/base.html"
    assert source[None, "Page %(number)s of %(total)s"] == "templates/rooms/list.html"
