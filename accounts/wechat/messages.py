"""What a subscribe message says: the operator's template, filled in.

The limits are those of "发送订阅消息", "订阅消息参数值内容限制说明".
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

TEMPLATE_MAX: Final = 64
PAGE_MAX: Final = 256
FIELD: Final = re.compile(r"(?P<kind>[a-z_]+?)(?P<number>[0-9]+)=(?P<text>.+)")
"""An entry of WECHAT_TEMPLATE_LIVE_DATA: `thing1={title}`."""
LENGTHS: Final = {"thing": 20, "character_string": 32, "letter": 32, "name": 10, "phrase": 5, "symbol": 5}
"""Characters that a value of a kind has at most; with one more the whole message is refused (47003)."""
CUT: Final = "…"
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
NOTHING: Final = "-"
"""What stands for nothing: an empty value is refused too."""


def message_data(entries: list[str], values: Mapping[str, str]) -> dict[str, str]:
    """Return the template's values, each as short as its kind asks for."""
    data = {}
    for entry in entries:
        found = FIELD.fullmatch(entry)
        if found is None:
            raise ValueError(f"{entry!r} is no field of a template.")
        text = found["text"]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        data[found["kind"] + found["number"]] = _fitting(found["kind"], text)
    return data


def chinese_time(when: datetime) -> str:
    """A time as the kinds `time` and `date` take it: 2019年10月1日 15:01."""
    return f"{when.year}年{when.month}月{when.day}日 {when:%H:%M}"


def _fitting(kind: str, text: str) -> str:
    text = CONTROL.sub(" ", text).strip() or NOTHING
    limit = LENGTHS.get(kind, len(text))
    return text if len(text) <= limit else text[: limit - 1].rstrip() + CUT
