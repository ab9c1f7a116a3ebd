"""What is no frame, and frames with a mistake."""

import pytest

from tests.parts import error, without_ts

NO_JSON = "This text is no JSON."
DEEP = "[" * 5000
NO_JSONS = ["", "hello", "pong", "{", '{"msg_type": "ping"', "{'a': 1}", "\x00", "[1", DEEP, f'{{"a":{DEEP}', "NaN"]
NO_OBJECT = "A frame is one JSON object."
NO_TYPE = "The frame names no type in msg_type."


# --- what is no frame


@pytest.mark.parametrize("text", NO_JSONS)
async def test_text_that_is_no_json(room, enter, text):
    """It is `bad_json`; the socket stays."""
    guest = await enter()
    await guest.send_text(text)
    await guest.expect(**error("bad_json", NO_JSON))
    await guest.nothing()


async def test_a_binary_frame(room, enter):
    """It is `bad_json`, whatever is in it."""
    guest = await enter()
    await guest.send_bytes(b'{"msg_type": "ping"}')
    await guest.expect(**error("bad_json", "A frame is JSON text; this one is binary."))
    await guest.nothing()


@pytest.mark.parametrize("text", ["[]", "1", '"ping"', "null", "true", '[{"msg_type": "ping"}]'])
async def test_json_that_is_no_object(room, enter, text):
    """It is `bad_message`."""
    guest = await enter()
    await guest.send_text(text)
    await guest.expect(**error("bad_message", NO_OBJECT))
    await guest.nothing()


@pytest.mark.parametrize("text", ["{}", '{"key": "value"}', '{"token": 5}', '{"content": "hi"}'])
async def test_an_object_without_a_type(room, enter, text):
    """The tutorials' login payload is `bad_message`, and the socket stays open."""
    guest = await enter()
    await guest.send_text(text)
    await guest.expect(**error("bad_message", NO_TYPE, field="msg_type"))
    await guest.nothing()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"msg_type": 5}', "msg_type"),
        ('{"msg_type": null}', "msg_type"),
        ('{"type": ["ping"]}', "type"),
        ('{"msg_type": {}, "type": "ping"}', "msg_type"),
    ],
)
async def test_a_type_that_is_no_string(room, enter, text, field):
    """It is `bad_message` naming the field."""
    guest = await enter()
    await guest.send_text(text)
    await guest.expect(**error("bad_message", f"{field} must be a string.", field=field))
    await guest.nothing()


@pytest.mark.parametrize("msg_type", ["nope", "", "Ping", "pong", "__init__", "handle_ping", "x" * 100])
async def test_an_unknown_type(room, enter, msg_type):
    """It is `unknown_type`, with ref and keys as they came."""
    guest = await enter()
    await guest.send(msg_type, ref=3, client_msg_id="k", client_order_id="o")
    await guest.expect(
        **error(
            "unknown_type",
            "There is no client frame of this msg_type.",
            to=msg_type,
            ref=3,
            client_msg_id="k",
            client_order_id="o",
            field="msg_type",
        )
    )
    await guest.nothing()


async def test_unknown_types_are_no_bad_frames(room, enter):
    """A client that is newer than the server is not cut."""
    guest = await enter()
    for _ in range(12):
        await guest.send("future")
    assert [frame["code"] for frame in await guest.rest()] == ["unknown_type"] * 12


TOO_LONG = "x" * 65
FIELDS = [
    ("login", {}, "token"),
    ("login", {"token": 5}, "token"),
    ("login", {"token": None}, "token"),
    ("login", {"token": "t", "nickname": 5}, "nickname"),
    ("login", {"token": "t", "since": -1}, "since"),
    ("login", {"token": "t", "since": "1"}, "since"),
    ("login", {"token": "t", "since": 1.5}, "since"),
    ("login", {"token": "t", "epoch": 5}, "epoch"),
    ("join", {"nickname": ["x"]}, "nickname"),
    ("message", {}, "content"),
    ("message", {"content": 5}, "content"),
    ("message", {"content": None}, "content"),
    ("message", {"content": "hi", "client_msg_id": 5}, "client_msg_id"),
    ("message", {"content": "hi", "client_msg_id": ""}, "client_msg_id"),
    ("message", {"content": "hi", "client_msg_id": TOO_LONG}, "client_msg_id"),
    ("message", {"content": "hi", "client_msg_id": "a\x00"}, "client_msg_id"),
    ("like", {"count": 0}, "count"),
    ("like", {"count": 51}, "count"),
    ("like", {"count": "1"}, "count"),
    ("like", {"count": 1.5}, "count"),
    ("like", {"count": True}, "count"),
    ("like", {"count": None}, "count"),
    ("subscribe", {"action": "x"}, "action"),
    ("subscribe", {"action": 1}, "action"),
    ("subscribe", {"action": None}, "action"),
    ("buy", {"client_order_id": "o"}, "item_id"),
    ("buy", {"item_id": "1", "client_order_id": "o"}, "item_id"),
    ("buy", {"item_id": 0, "client_order_id": "o"}, "item_id"),
    ("buy", {"item_id": 2**60, "client_order_id": "o"}, "item_id"),
    ("buy", {"item_id": 1}, "client_order_id"),
    ("buy", {"item_id": 1, "client_order_id": TOO_LONG}, "client_order_id"),
    ("buy", {"item_id": 1, "client_order_id": ""}, "client_order_id"),
    ("buy", {"item_id": 1, "client_order_id": "o", "quantity": 0}, "quantity"),
    ("buy", {"item_id": 1, "client_order_id": "o", "quantity": 100}, "quantity"),
    ("buy", {"item_id": 1, "client_order_id": "o", "quantity": "2"}, "quantity"),
    ("buy", {"item_id": 1, "client_order_id": "o", "price": []}, "price"),
    ("leave", {"reason": 5}, "reason"),
    ("ping", {"seq": -1}, "seq"),
    ("ping", {"seq": "1"}, "seq"),
    ("history", {"before": "1"}, "before"),
    ("history", {"before": -1}, "before"),
    ("history", {"limit": 0}, "limit"),
    ("history", {"limit": 101}, "limit"),
    ("sync", {"since": -1}, "since"),
    ("sync", {"since": 2**60}, "since"),
    ("sync", {"since": 1, "epoch": 1}, "epoch"),
    ("init", {"ref": {}}, "ref"),
    ("ping", {"ref": TOO_LONG}, "ref"),
    ("ping", {"ref": 1.5}, "ref"),
    ("ping", {"ref": True}, "ref"),
    ("like", {"ref": []}, "ref"),
]


@pytest.mark.parametrize(("msg_type", "fields", "field"), FIELDS)
async def test_a_typing_mistake_names_its_field(room, viewer, enter, msg_type, fields, field):
    """A field of a wrong type, length or range is `bad_message` naming it, and nothing is done."""
    li = await enter(user=viewer)
    await li.send(msg_type, **fields)
    frame = await li.recv()
    detail = frame["detail"]
    wanted = error("bad_message", detail, to=msg_type, field=field)
    for name in ("client_msg_id", "client_order_id"):
        value = fields.get(name)
        if isinstance(value, str) and len(value) <= 64:
            wanted[name] = value
    assert without_ts(frame) == wanted
    assert field in detail
    await li.nothing()


@pytest.mark.parametrize("ref", [5, "r", 2**53])
async def test_a_bad_message_echoes_its_ref(room, viewer, enter, ref):
    """An error carries the ref of the frame that it answers, read or not."""
    li = await enter(user=viewer)
    await li.send("message", ref=ref)
    frame = await li.recv()
    assert (frame["code"], frame["to"], frame["ref"]) == ("bad_message", "message", ref)


@pytest.mark.parametrize(
    ("escaped", "read_as"),
    [
        (r"a\ud83d", "a\ufffd"),
        (r"\ude00a", "\ufffda"),
        (r"\ud83d\ud83d\ude00", "\ufffd😀"),
        (r"\uD83D\uDE00\u4f60", "😀你"),
        (r"\\ud83d\n\ud83d", "\\ud83d \ufffd"),
        (r"\u0041\udfff\udbff", "A\ufffd\ufffd"),
    ],
)
async def test_half_an_emoji_is_replaced(room, viewer, enter, witness, escaped, read_as):
    """JavaScript cuts texts between the halves of a character; the rest of such a comment is worth posting."""
    li = await enter(user=viewer)
    await li.send_text(f'{{"msg_type": "message", "content": "{escaped}"}}')
    assert [frame["content"] for frame in await li.rest() if frame["msg_type"] == "message"] == [read_as]
    await witness.proves_the_law()


async def test_unknown_fields_are_ignored(room, enter):
    """A newer client may send more."""
    guest = await enter()
    await guest.send("ping", future={"deep": [1]}, seq=0)
    await guest.expect("pong", seq=0)
    await guest.nothing()
