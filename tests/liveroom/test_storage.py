"""Static files as production serves them."""

import re
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.templatetags.static import static

IMPORT = r'(?:from |import\()"(\.{1,2}/.+?)"'


def test_modules_import_each_other_by_content(settings: Any, tmp_path: Path) -> None:
    """Every import of a page's module names a file with a hash, which is there."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "liveroom.storage.StaticStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    folder = tmp_path / "rooms"
    imports: dict[str, list[str]] = {}
    for source in Path(settings.BASE_DIR / "rooms" / "static" / "rooms").glob("*.js"):
        hashed = tmp_path / static(f"rooms/{source.name}").removeprefix("/static/")
        imports[source.name] = re.findall(IMPORT, hashed.read_text())
        assert len(imports[source.name]) == len(re.findall(IMPORT, source.read_text()))
    assert imports["room.js"]
    assert any(name.startswith("../miniprogram/utils/live-socket.") for name in imports["connection.js"])
    control = tmp_path / static("rooms/admin/control.js").removeprefix("/static/")
    modules = re.findall(IMPORT, control.read_text())
    assert modules
    assert all((control.parent / name).exists() and name.count(".") == 3 for name in modules)
    assert any(name.startswith("./vendor/hls.light.min.") for name in imports["video.js"])
    for name in (name for names in imports.values() for name in names):
        assert re.fullmatch(r"\.\.?/[-\w/.]+\.[0-9a-f]{12}\.js", name)
        assert (folder / name).exists()
