"""How a client's frame is read, and what it is told when it cannot be. Pure: imports no Django."""

import re
from typing import Any

import msgspec
from msgspec import UNSET

from rooms.messages import KEY_MAX, REF_MAX, Code, Error, Refused


class Envelope(msgspec.Struct):
    """What is looked at before a frame's own struct is known."""

    msg_type: Any = UNSET
    type: Any = UNSET
    token: Any = UNSET
    ref: Any = None
    client_msg_id: Any = None
    client_order_id: Any = None


_decode_envelope = msgspec.json.Decoder(Envelope).decode


_ESCAPES = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
)


def whole_characters(raw: str) -> str:
    """The JSON text with U+FFFD for every half of a surrogate pair.

    A client that cuts a text at a number of UTF-16 units sends half an emoji; no database could store it.
    """
    if "\\u" not in raw:
        return raw
    return _ESCAPES.sub(lambda found: r"\ufffd" if found["half"] else found[0], raw)


def decode_envelope(raw: str) -> Envelope:
    """Read the fields that say what a frame is; raises Refused (``bad_json``, ``bad_message``)."""
    try:
        try:
            return _decode_envelope(raw)
        except msgspec.ValidationError:
            # Something else than an object begins here; whether it is JSON shows only at its end.
            msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        raise Refused(Code.BAD_JSON, "This text is no JSON.") from None
    raise Refused(Code.BAD_MESSAGE, "A frame is one JSON object.")


def message_type(envelope: Envelope) -> str:
    """The type of a client frame: ``msg_type``, else ``type``; an object with just a string ``token`` is a login."""
    value, field = envelope.msg_type, "msg_type"
    if value is UNSET:
        value, field = envelope.type, "type"
    if value is UNSET:
        if isinstance(envelope.token, str):
            return "login"
        raise Refused(Code.BAD_MESSAGE, "The frame names no type in msg_type.", field="msg_type")
    if not isinstance(value, str):
        raise Refused(Code.BAD_MESSAGE, f"{field} must be a string.", field=field)
    return value


_PATH = re.compile(r" - at `\$\.(\w+)")
_NAMED = re.compile(r"field `(\w+)`")


def bad_field(error: msgspec.ValidationError) -> Refused:
    """The ``bad_message`` of a frame whose fields do not fit its struct, naming the field."""
    text = str(error)
    found = _PATH.search(text) or _NAMED.search(text)
    return Refused(Code.BAD_MESSAGE, text.replace("$.", ""), field=found[1] if found else None)


def error_frame(refused: Refused, *, ts: int, to: str | None = None, request: Any = None) -> Error:
    """The ``error`` frame of a refusal; it echoes ``ref`` and the keys of the frame that it answers, read or not."""
    frame = Error(ts=ts, code=refused.code, detail=refused.detail, retry=refused.retry)
    if to is not None:
        frame.to = to
    ref = getattr(request, "ref", None)
    if type(ref) is int or (isinstance(ref, str) and len(ref) <= REF_MAX):
        frame.ref = ref
    for name in ("client_msg_id", "client_order_id"):
        key = getattr(request, name, None)
        if isinstance(key, str) and len(key) <= KEY_MAX:
            setattr(frame, name, key)
    for name in ("retry_after", "field", "limit", "until", "close"):
        value = getattr(refused, name)
        if value is not None:
            setattr(frame, name, value)
    for name, value in refused.extra.items():
        setattr(frame, name, value)
    return frame
