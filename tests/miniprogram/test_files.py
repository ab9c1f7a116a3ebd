"""The mini-program's files: each can be read, and what they say of each other is so."""

import json
import shutil
from pathlib import Path

import pytest

from tests.miniprogram.node import HERE, run
from tests.servers import ROOT

MINI_PROGRAM = ROOT / "miniprogram"


def problems_of(*folders: Path) -> list[list[str]]:
    """What the check finds in each."""
    found: list[list[str]] = json.loads(run("check.mjs", *folders))
    return found


def test_nothing_is_wrong_with_them() -> None:
    """Pages, components, properties, handlers, texts, elements, functions of wx: see check.mjs."""
    assert problems_of(MINI_PROGRAM) == [[]]


BROKEN = [
    ("app.json", '"style": "v2"', '"style": "v1"', 'app.json: style is "v1", not "v2"'),
    ("app.json", '"pages/one/one", ', '"pages/one/one", "pages/no/no", ', "pages/no/no.wxml: is missing"),
    ("app.json", "{", "{,", "app.json: Expected property name or '}' in JSON at position 1"),
    ("project.config.json", "touristappid", "wx1", 'project.config.json: appid is "wx1", not "touristappid"'),
    ("sitemap.json", "pages/one/one", "pages/no/no", "sitemap.json: there is no page pages/no/no"),
    (
        "pages/one/one.json",
        "/parts/part/part",
        "/parts/no/no",
        "pages/one/one.json: <part> is parts/no/no, which is not there",
    ),
    (
        "pages/one/one.wxml",
        "<part ",
        "<other ",
        "pages/one/one.wxml:2: <other> is neither an element of the agreed subset nor a component that is declared",
    ),
    ("pages/one/one.wxml", "<part ", "<other ", "pages/one/one.json: <part> is declared and not used"),
    ("pages/one/one.wxml", "label=", "labels=", 'pages/one/one.wxml:2: <part> has no property "labels"'),
    (
        "pages/one/one.wxml",
        'count="{{1}}"',
        'count="1"',
        'pages/one/one.wxml:2: "count" of <part> is a Number, and a text is given',
    ),
    ("pages/one/one.wxml", "bind:done", "bind:gone", 'pages/one/one.wxml:2: <part> triggers no "gone"'),
    ("pages/one/one.wxml", '"finish"', '"finished"', 'pages/one/one.wxml:2: there is no method "finished"'),
    ("pages/one/one.wxml", '"finish"', '"finished"', 'pages/one/one.js:6: nothing calls "finish"'),
    ("pages/one/one.wxml", 'wx:key="id"', "", "pages/one/one.wxml:3: wx:for without wx:key"),
    ("pages/one/one.wxml", "{{item.id}}", "{{thing.id}}", 'pages/one/one.wxml:3: nothing puts "thing" into the data'),
    (
        "pages/one/one.wxml",
        "<view ",
        "<swiper></swiper><view ",
        "pages/one/one.wxml:3: <swiper> is neither an element of the agreed subset nor a component that is declared",
    ),
    (
        "pages/one/one.wxml",
        "<view ",
        '<view bindscroll="finish" ',
        'pages/one/one.wxml:3: <view> has no event "scroll" in the agreed subset',
    ),
    (
        "pages/one/one.wxml",
        "<view ",
        '<view hidden="false" ',
        'pages/one/one.wxml:3: hidden="false" is a text, and so true',
    ),
    ("pages/one/one.wxml", "{{t.greeting}}", "{{t.farewell}}", 'pages/one/one.wxml:1: there is no text "farewell"'),
    ("pages/one/one.wxml", "</view>", "", "pages/one/one.wxml:3: <view> is not closed"),
    ("pages/one/one.js", 'text("greeting")', 'text("hello")', 'pages/one/one.js:8: there is no text "hello"'),
    (
        "pages/one/one.js",
        "wx.login()",
        "wx.getLocation()",
        "pages/one/one.js:7: wx.getLocation is not in the agreed subset",
    ),
    ("pages/one/one.js", "texts.js", "text.js", "pages/one/one.js:1: there is no lib/text.js"),
    ("pages/one/one.js", "{ text }", "{ words }", "pages/one/one.js:1: lib/texts.js exports no words"),
    ("pages/one/one.js", "Page({", "Page({{", "pages/one/one.js: Unexpected token (3:6)"),
    ("pages/one/one.wxss", ".a", "*", "pages/one/one.wxss:3: WXSS knows no * : *"),
    ("pages/one/one.wxss", ".a", "view", "pages/one/one.wxss:3: names of elements reach into all components: view"),
    ("pages/one/one.wxss", "shared.wxss", "other.wxss", "pages/one/one.wxss: there is no other.wxss"),
    (
        "pages/one/one.wxss",
        "top: 0",
        "background: url(/a.png)",
        "pages/one/one.wxss:3: background: a style sheet shows no file of the mini-program's own",
    ),
    ("parts/part/part.wxss", ".b", "#b", "parts/part/part.wxss:1: a component's styles know no ids: #b"),
    ("parts/part/part.js", "attached", "mounted", 'parts/part/part.js: there is no lifetime "mounted"'),
    ("i18n/zh-hans.js", "greeting", "hello", 'i18n/zh-hans.js: lacks "greeting"'),
    ("i18n/zh-hans.js", "{name}", "{who}", '"greeting" has other places to fill in in i18n/zh-hans.js'),
    ("i18n/en.js", "};", '  unused: "x",\n};', 'i18n/en.js: nothing uses "unused"'),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """What is found in a small mini-program: as it is, with a file more, and broken in each of these ways."""
    folders = []
    for number in range(len(BROKEN) + 2):
        folders.append(tmp_path_factory.mktemp("broken") / str(number))
        shutil.copytree(HERE / "check" / "sound", folders[-1])
    (folders[1] / "lib" / "left.js").write_text("export const nothing = 0;\n")
    for folder, (file, old, new, _) in zip(folders[2:], BROKEN, strict=True):
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1))
    return problems_of(*folders)


def test_a_sound_one(found: list[list[str]]) -> None:
    """The one that is broken below has nothing wrong."""
    assert found[0] == []


def test_a_file_that_nothing_uses(found: list[list[str]]) -> None:
    """It is told of."""
    assert found[1] == ["lib/left.js: nothing uses it"]


@pytest.mark.parametrize(("number", "says"), list(enumerate([says for *_, says in BROKEN], 2)))
def test_what_is_wrong_is_found(found: list[list[str]], number: int, says: str) -> None:
    """Each of these is told, with its place."""
    assert any(problem.startswith(says) for problem in found[number]), found[number]
