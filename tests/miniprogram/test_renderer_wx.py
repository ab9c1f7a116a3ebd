"""The renderer's `wx`, what WeChat draws itself, and the command that looks at a page."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.miniprogram.basics import BASIC, style_of
from tests.miniprogram.phones import Open
from tests.servers import run_python

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOO_LONG = "parameter error: parameter.confirmText length should not large than 4 Chinese characters"
ANSWERS: list[tuple[str, list[str], str]] = [
    ("modal", ["Yes"], '{"errMsg":"showModal:ok","confirm":true,"cancel":false,"content":null}'),
    ("modal", ["Cancel"], '{"errMsg":"showModal:ok","confirm":false,"cancel":true,"content":null}'),
    ("long", [], f'{{"errMsg":"showModal:fail {TOO_LONG}"}}'),
    ("sheet", ["Two"], '{"errMsg":"showActionSheet:ok","tapIndex":1}'),
    ("sheet", ["Cancel"], '{"errMsg":"showActionSheet:fail cancel"}'),
    ("ask", ["Allow"], '{"errMsg":"requestSubscribeMessage:ok","t1":"accept"}'),
    ("ask", ["Cancel"], '{"errMsg":"requestSubscribeMessage:ok","t1":"reject"}'),
    ("late", [], '{"errMsg":"requestSubscribeMessage:fail can only be invoked by user TAP gesture."}'),
    ("foreign", [], "wx.getLocation is not in the agreed subset"),
    ("info", [], '[844,383,"en",true]'),
]


async def test_wx(open_phone: Open) -> None:
    """Questions wait for a tap; what only a tap may do fails later; what is not agreed on is named."""
    phone = await open_phone("pages/things/things", **BASIC)
    for action, taps, answer in ANSWERS:
        await phone.page.get_by_role("button", name=action, exact=True).click()
        for text in taps:
            await phone.page.get_by_role("dialog").get_by_role("button", name=text).click()
        await expect(phone.page.locator("#answer")).to_have_text(answer)


async def test_network(open_phone: Open) -> None:
    """A request is answered; without a network it fails; a socket that is refused is closed."""
    phone = await open_phone("pages/things/things", **BASIC)
    answer = phone.page.locator("#answer")
    await phone.page.evaluate("getApp().server = location.origin")
    await phone.page.get_by_role("button", name="read").click()
    await expect(answer).to_contain_text('"statusCode":200')
    await expect(answer).to_contain_text('"data":{"pages":["pages/first/first"')
    await phone.page.get_by_role("button", name="socket").click()
    await expect(answer).to_have_text('{"code":1006,"reason":"abnormal closure"}')
    await phone.do("network.set", "none")
    for name in ("read", "socket"):
        await phone.page.get_by_role("button", name=name).click()
        await expect(answer).to_have_text(
            '{"code":1006,"reason":"abnormal closure"}'
            if name == "socket"
            else '{"errMsg":"request:fail ","errno":600001}'
        )


async def test_buttons_look_as_in_version_2(open_phone: Open) -> None:
    """One class changes neither the width of a button nor the colours of its type: a trap of WeChat's."""
    phone = await open_phone("pages/things/things", **BASIC)
    wide = phone.page.locator("#wide")
    assert [await style_of(wide, name) for name in ("width", "color", "display")] == [
        "184px",
        "rgb(255, 255, 255)",
        "block",
    ]


async def test_avatar_with_consent(open_phone: Open) -> None:
    """The picture comes when the user has agreed by the button that is for it, and is a file of the phone's."""
    phone = await open_phone("pages/things/things", privacy="ask", **BASIC)
    await phone.page.get_by_role("button", name="choose").click()
    await phone.page.get_by_role("button", name="agree").click()
    await phone.page.get_by_role("dialog").get_by_role("button", name="Use WeChat avatar").click()
    await expect(phone.page.locator("#answer")).to_have_text("loaded 132")
    assert await phone.see("data.picture") == "wxfile://tmp_0.jpg"
    await phone.page.get_by_role("button", name="copy").click()
    await expect(phone.page.get_by_role("status")).to_have_text("Copied")


async def test_storage_outlives_the_app(open_phone: Open) -> None:
    """What is stored is there after a restart; what is not there is an empty string."""
    phone = await open_phone(**BASIC)
    await phone.page.evaluate("wx.setStorageSync('a', { b: 1 })")
    await phone.restart()
    assert await phone.page.evaluate("[wx.getStorageSync('a'), wx.getStorageSync('b')]") == [{"b": 1}, ""]


async def test_what_cannot_start(open_phone: Open) -> None:
    """The reason is told."""
    with pytest.raises(AssertionError, match=r"app\.json: 404"):
        await open_phone(app="nothing", faulty=True)


@pytest.mark.long
async def test_a_picture_of_a_page(tmp_path: Path) -> None:
    """The command that looks at a page takes it, and says what is wrong there."""
    shot = tmp_path / "page.png"
    arguments = ["--app", "basic", "--server", "http://127.0.0.1:1", "--tap", "second", "--shot", str(shot)]
    done = await asyncio.to_thread(run_python, "-m", "tests.miniprogram.show", *arguments, environment={})
    assert done.returncode == 0, done.stderr
    assert shot.read_bytes().startswith(b"\x89PNG")
