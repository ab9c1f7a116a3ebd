"""Pictures that people send of themselves: drawn anew, stored, served, and deleted when they are replaced."""

import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image
from pytest_django import Settings

from accounts import hooks, pictures, services
from accounts.models import User
from tests.accounts.errors import error_of
from tests.api import JSON, as_user, in_browser, ok

RED, BLUE = (255, 0, 0), (0, 0, 255)
AVATARS = "/media/avatars/"
ORIENTATION, MAKER, TURNED_RIGHT = 0x0112, 0x010F, 6


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    """The folder of what people upload."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture
def user(transactional_db: None) -> User:
    """Somebody with a picture from elsewhere."""
    return User.objects.create_user("li", public_id="00000000000000aa", nickname="李雷", avatar="/a.png")


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The picture as a file of that kind."""
    written = BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def halves(width: int = 400, height: int = 200, mode: str = "RGB") -> Image.Image:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image.convert(mode)


def send(user: User, content: bytes, *, method: str = "patch", name: str = "me.png", **fields: str) -> Any:
    """Send a picture, as a form."""
    form = encode_multipart(BOUNDARY, {"avatar": SimpleUploadedFile(name, content), **fields})
    return as_user(user).generic(method.upper(), "/api/auth/me", form, MULTIPART_CONTENT)


def files(media: Path) -> list[str]:
    """What is stored."""
    return sorted(path.relative_to(media).as_posix() for path in media.rglob("*") if path.is_file())


def shown(media: Path, address: str) -> Image.Image:
    """The stored picture at that address."""
    image = Image.open(media / address.removeprefix("/media/"))
    image.load()
    return image


def near(pixel: Any, colour: tuple[int, int, int]) -> bool:
    """Whether a pixel has that colour, but for what a JPEG does to it."""
    return all(abs(have - want) < 40 for have, want in zip(pixel, colour, strict=False))


@pytest.mark.parametrize(
    ("kind", "mode", "stored"),
    [
        ("JPEG", "RGB", "JPEG"),
        ("JPEG", "L", "JPEG"),
        ("JPEG", "CMYK", "JPEG"),
        ("PNG", "RGB", "JPEG"),
        ("PNG", "P", "JPEG"),
        ("PNG", "1", "JPEG"),
        ("PNG", "RGBA", "WEBP"),
        ("PNG", "LA", "WEBP"),
        ("GIF", "P", "JPEG"),
        ("WEBP", "RGB", "JPEG"),
    ],
)
def test_a_picture_becomes_the_avatar(user: User, media: Path, kind: str, mode: str, stored: str) -> None:
    """Square, small, and of one of two kinds; what it is called, or called to be, does not matter."""
    answer = ok(send(user, file_of(halves(mode=mode), kind), name="../../evil.svg"))
    address = answer["avatar"]
    assert address.startswith(AVATARS)
    assert answer == {"id": user.public_id, "nickname": "李雷", "avatar": address, "role": "viewer"}
    image = shown(media, address)
    assert (image.format, image.size) == (stored, (200, 200))
    user.refresh_from_db()
    assert user.avatar == address
    assert files(media) == [address.removeprefix("/media/")]


def test_its_middle_is_what_is_seen(user: User, media: Path) -> None:
    """At most 256 pixels wide and high; a picture that is small stays small."""
    image = shown(media, ok(send(user, file_of(halves(1200, 600))))["avatar"])
    assert image.size == (256, 256)
    assert near(image.getpixel((5, 128)), RED)
    assert near(image.getpixel((250, 128)), BLUE)
    assert shown(media, ok(send(user, file_of(halves(3, 7))))["avatar"]).size == (3, 3)


def test_a_phone_that_was_held_upright(user: User, media: Path) -> None:
    """The picture is turned as its file says, and the file says nothing any more: not by what or where it was taken."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = TURNED_RIGHT, "Liveroom Phone"
    exif.get_ifd(0x8825)[1] = "N"
    comment = b"at home"
    content = file_of(halves(300, 300), "JPEG", exif=exif.tobytes(), comment=comment, icc_profile=b"profile of mine")
    address = ok(send(user, content))["avatar"]
    image = shown(media, address)
    assert near(image.getpixel((128, 5)), RED)
    assert near(image.getpixel((128, 250)), BLUE)
    assert dict(image.getexif()) == {}
    raw = (media / address.removeprefix("/media/")).read_bytes()
    assert [each for each in (b"Liveroom Phone", comment, b"profile of mine", b"Exif") if each in raw] == []


def test_what_is_see_through_stays_so(user: User, media: Path) -> None:
    """Of a PNG with alpha, and of a GIF with a colour that is none."""
    clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    clear.paste((*RED, 255), (0, 0, 50, 100))
    for content in (file_of(clear), file_of(clear, "GIF")):
        image = shown(media, ok(send(user, content))["avatar"])
        assert image.mode == "RGBA"
        assert near(image.getpixel((10, 50)), RED)
        pixel = image.getpixel((90, 50))
        assert isinstance(pixel, tuple)
        assert pixel[3] == 0


def test_of_a_moving_picture_the_first_is_taken(user: User, media: Path) -> None:
    """Nothing moves beside a comment."""
    frames = [Image.new("RGB", (40, 40), colour) for colour in (RED, BLUE)]
    for kind in ("GIF", "WEBP"):
        content = file_of(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
        image = shown(media, ok(send(user, content))["avatar"])
        assert getattr(image, "n_frames", 1) == 1
        assert near(image.getpixel((20, 20)), RED)


def test_a_name_may_come_with_it(user: User) -> None:
    """In the same form; a form without a picture changes the name alone."""
    answer = ok(send(user, file_of(halves()), nickname=" Lei "))
    assert answer["nickname"] == "Lei"
    form = encode_multipart(BOUNDARY, {"nickname": "Mei"})
    again = ok(as_user(user).patch("/api/auth/me", form, MULTIPART_CONTENT))
    assert (again["nickname"], again["avatar"]) == ("Mei", answer["avatar"])


def test_a_mini_program_posts(user: User, media: Path) -> None:
    """It has no PATCH, and uploads by POST; what is no file goes the same way."""
    address = ok(send(user, file_of(halves()), method="post"))["avatar"]
    assert files(media) == [address.removeprefix("/media/")]
    assert ok(as_user(user).post("/api/auth/me/", {"nickname": "Lei"}, JSON))["nickname"] == "Lei"


def test_an_address_is_an_avatar_too(user: User, media: Path) -> None:
    """As before; the picture that was sent is deleted then, and taken away with the avatar."""
    ok(send(user, file_of(halves())))
    assert ok(as_user(user).patch("/api/auth/me", {"avatar": "https://e.org/a.png"}, JSON))["avatar"] == (
        "https://e.org/a.png"
    )
    assert files(media) == []
    ok(send(user, file_of(halves())))
    assert ok(as_user(user).patch("/api/auth/me", {"avatar": ""}, JSON))["avatar"] == ""
    assert files(media) == []


def test_a_picture_that_is_replaced_is_deleted(user: User, media: Path) -> None:
    """The same one again is the same file."""
    first = ok(send(user, file_of(halves())))["avatar"]
    assert ok(send(user, file_of(halves())))["avatar"] == first
    second = ok(send(user, file_of(halves(100, 100))))["avatar"]
    assert files(media) == [second.removeprefix("/media/")]
    assert as_user(user).get(first).status_code == 404


def test_two_changes_at_once_leave_one_picture(user: User, media: Path) -> None:
    """Each was begun by who he was before both: the picture of the one that was quicker goes too."""
    for colour in ("red", "green"):
        as_he_was = User(**{field.attname: getattr(user, field.attname) for field in User._meta.concrete_fields})
        as_he_was._state.adding = False
        picture = BytesIO(file_of(Image.new("RGB", (40, 40), colour)))
        changed = services.profile_update(user=as_he_was, picture=picture)
    user.refresh_from_db()
    assert changed.avatar == user.avatar
    assert files(media) == [user.avatar.removeprefix("/media/")]


def test_nobody_deletes_another_ones_picture(user: User, media: Path) -> None:
    """Not by calling it his own and taking another; and the same picture of two people is two files."""
    other = User.objects.create_user(nickname="Mei")
    hers = ok(send(other, file_of(halves())))["avatar"]
    his = ok(send(user, file_of(halves())))["avatar"]
    assert his != hers
    ok(as_user(user).patch("/api/auth/me", {"avatar": hers}, JSON))
    ok(as_user(user).patch("/api/auth/me", {"avatar": ""}, JSON))
    assert files(media) == [hers.removeprefix("/media/")]


def test_a_change_that_fails_leaves_everything(user: User, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old picture is there, and the new one is not."""
    first = ok(send(user, file_of(halves())))["avatar"]
    assert send(user, file_of(halves(50, 50)), nickname="a\u202eb").status_code == 400

    def refuse(user: User) -> None:
        raise RuntimeError

    monkeypatch.setattr(hooks, "profile_changed", [refuse])
    with pytest.raises(RuntimeError):
        services.profile_update(user=user, picture=BytesIO(file_of(halves(50, 50))))
    assert files(media) == [first.removeprefix("/media/")]
    user.refresh_from_db()
    assert user.avatar == first


def test_a_folder_that_cannot_be_written(user: User, media: Path) -> None:
    """Is the operator's, and changes nothing."""
    media.write_text("no folder")
    response = send(user, file_of(halves()))
    assert (response.status_code, error_of(response)["code"]) == (500, "internal")
    user.refresh_from_db()
    assert user.avatar == "/a.png"


# --- What is refused

NO_PICTURE = "An avatar is a JPEG, PNG, WebP or GIF picture."
TOO_MANY = "A picture has at most 16 million pixels."


def bomb(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes that says it is that large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", NO_PICTURE),
        (b"hello", NO_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", NO_PICTURE),
        (b"GIF89a", NO_PICTURE),
        (file_of(halves())[:200], NO_PICTURE),
        (file_of(halves(), "JPEG")[:400], NO_PICTURE),
        (file_of(halves(), "BMP"), NO_PICTURE),
        (file_of(halves(), "TIFF"), NO_PICTURE),
        (file_of(halves(), "PDF"), NO_PICTURE),
        (bomb(4001, 4000), TOO_MANY),
        (bomb(10_000, 9_900), TOO_MANY),
        (bomb(60_000, 60_000), TOO_MANY),
        (bomb(0, 0), NO_PICTURE),
        (bomb(100, 100), NO_PICTURE),
    ],
)
def test_what_is_no_picture_is_refused(user: User, media: Path, content: bytes, detail: str) -> None:
    """By what is in it, whatever it is called; a bomb before it is drawn."""
    response = send(user, content, name="me.jpg")
    error = error_of(response)
    assert (response.status_code, error.pop("detail")) == (400, detail)
    assert error == {"code": "bad_message", "retry": False, "field": "avatar"}
    assert files(media) == []
    user.refresh_from_db()
    assert user.avatar == "/a.png"


def test_a_picture_has_so_many_bytes(user: User, media: Path, settings: Settings) -> None:
    """Whether the form says so at once or not; 0 is no limit."""
    content = file_of(halves())
    for limit, filler in ((len(content) - 1, b""), (len(content) + 1000, b"x" * 200_000)):
        settings.LIVEROOM_AVATAR_BYTES = limit
        response = send(user, content + filler)
        assert response.status_code == 413
        assert error_of(response) == {
            "code": "too_large",
            "detail": "The picture is too large.",
            "retry": False,
            "field": "avatar",
            "limit": limit,
        }
    assert files(media) == []
    settings.LIVEROOM_AVATAR_BYTES = 0
    ok(send(user, content + b"x" * 200_000))


def test_one_address_sends_so_many_a_minute(user: User, settings: Settings) -> None:
    """What is no picture counts too; other changes of a profile do not."""
    settings.LIVEROOM_AVATAR_RATE = 2
    assert [send(user, content).status_code for content in (b"x", file_of(halves()))] == [400, 200]
    response = send(user, file_of(halves(30, 30)))
    error = error_of(response)
    assert (response.status_code, error["code"], error["retry"]) == (429, "rate_limited", True)
    ok(as_user(user).patch("/api/auth/me", {"nickname": "Lei"}, JSON))


def test_so_many_are_drawn_at_once(user: User, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more waits a moment for its turn, then it is told to come again."""
    monkeypatch.setattr(pictures, "WAIT", 0.01)
    taken = [pictures._turn.acquire(blocking=False) for _ in range(pictures.AT_ONCE)]
    assert all(taken)
    try:
        response = send(user, file_of(halves()))
    finally:
        for _ in taken:
            pictures._turn.release()
    error = error_of(response)
    assert (response.status_code, error["code"], error["retry"], error["retry_after"]) == (503, "unavailable", True, 5)
    ok(send(user, file_of(halves())))


def test_nobody_changes_another_ones_picture(user: User, media: Path) -> None:
    """Neither without a token, nor from a foreign page in a browser that is logged in."""
    form = encode_multipart(BOUNDARY, {"avatar": SimpleUploadedFile("me.png", file_of(halves()))})
    assert Client().generic("POST", "/api/auth/me", form, MULTIPART_CONTENT).status_code == 401
    browser: Client = in_browser(user)
    for method in ("PATCH", "POST"):
        assert browser.generic(method, "/api/auth/me", form, MULTIPART_CONTENT).status_code == 403
    assert files(media) == []


# --- How it is served


def test_a_picture_is_served_for_ever(user: User) -> None:
    """By this server itself, to anybody; under its name there is never another one. A browser runs nothing of it."""
    address = ok(send(user, file_of(halves())))["avatar"]
    response = Client().get(address)
    assert response.status_code == 200
    assert Image.open(BytesIO(response.content)).size == (200, 200)
    told = {name: response.headers[name] for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options")}
    assert told == {
        "Content-Type": "image/jpeg",
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert Client().head(address).status_code == 200
    assert Client().post(address).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        AVATARS,
        AVATARS[:-1],
        "/media/",
        "/media/secret_key",
        f"{AVATARS}..%2fsecret.txt",
        f"{AVATARS}../secret.txt",
        f"{AVATARS}{'a' * 48}.jpg",
        f"{AVATARS}{'a' * 48}.svg",
        f"{AVATARS}notes.txt",
        f"{AVATARS}%00",
    ],
)
def test_nothing_else_is_served(media: Path, path: str) -> None:
    """No list, no other folder, no file that is no picture of ours."""
    (media / "avatars").mkdir(parents=True)
    (media / "secret.txt").write_text("secret")
    (media / "avatars" / "notes.txt").write_text("secret")
    assert Client().get(path).status_code == 404


def test_a_name_cannot_be_guessed(user: User, settings: Settings) -> None:
    """Whoever has the picture and knows whose it is does not know where it is."""
    content = file_of(halves())
    here = ok(send(user, content))["avatar"]
    settings.SECRET_KEY = "another"
    drawn = pictures.picture_drawn(BytesIO(content))
    assert pictures.picture_stored(user, drawn) != here
