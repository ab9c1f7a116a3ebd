"""What a crowd says, and what its people are called: ordinary words, put together anew each time."""

from dataclasses import dataclass
from random import Random
from typing import Final


@dataclass(frozen=True)
class Words:
    """``{item}``: a product's short name. ``remarks`` need no product; each opening goes with each remark."""

    openings: tuple[str, ...]
    remarks: tuple[str, ...]
    about: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    ends: tuple[str, ...]
    item_stop: str
    """Where a product's title ends for somebody who talks about it."""


ENGLISH: Final = Words(
    openings=("", "", "", "Hello everybody! ", "Oh, ", "Haha, ", "Honestly, ", "Wow, ", "Evening, ", "By the way, "),
    remarks=(
        "first time here, and I like it.",
        "greetings from the seaside!",
        "the light in your room is lovely.",
        "can everybody hear the rain too?",
        "I came back after dinner, what did I miss?",
        "how long does delivery take?",
        "do you ship to islands?",
        "is there a gift box?",
        "thank you for answering my question!",
        "my sister told me about this room.",
        "please show the back of it once more.",
        "that was a good explanation.",
        "what is coming next?",
        "how late do you stay live?",
        "I am cooking while I listen.",
        "so calm in here, I could stay all night.",
        "which one would you take yourself?",
        "can I still change the address of my order?",
        "mine arrived today, well packed.",
        "could you hold it next to your hand?",
        "I need one for a birthday on Sunday.",
        "the colour looks warmer than in the picture.",
    ),
    about=(
        "is the {item} still there?",
        "how heavy is the {item}?",
        "I have had the {item} for a year, still like new.",
        "ordered the {item}, thank you!",
        "could you explain the {item} again?",
        "what is the {item} made of?",
        "the {item} would be a fine present.",
        "two of the {item} for me, please.",
        "how do I look after the {item}?",
        "the {item} at that price? Lovely.",
        "does the {item} come in other colours?",
        "the {item} is for my mother, she will be happy.",
    ),
    first_names=(
        "Amara", "Ben", "Clara", "David", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Leo", "Mei",
        "Noor", "Olga", "Pablo", "Quinn", "Rosa", "Samir", "Tilda", "Uma", "Vera", "Wim", "Yara", "Zoe",
    ),
    last_names=(" B.", " F.", " K.", " L.", " M.", " R.", " S.", " T.", " W.", ""),
    ends=("", "", "", "", " :)", " ☀️", " 🙌", " 🌿", " 👏"),
    item_stop=",",
)  # fmt: skip

CHINESE: Final = Words(
    openings=("", "", "", "大家好！", "哇，", "哈哈，", "说真的，", "晚上好，", "对了，", "主播，"),
    remarks=(
        "第一次来，很喜欢这里。",
        "从海边给大家问好！",
        "这个灯光真舒服。",
        "外面下雨了，大家那边呢？",
        "刚吃完饭回来，错过什么了吗？",
        "多久能到货？",
        "偏远地区包邮吗？",
        "有礼盒装吗？",
        "谢谢解答！",
        "朋友推荐我来的。",
        "能再看看背面吗？",
        "讲得真仔细。",
        "下一个是什么？",
        "今天播到几点？",
        "一边做饭一边听。",
        "好安静，可以待一晚上。",
        "你自己会选哪一款？",
        "下单后还能改地址吗？",
        "今天收到了，包装很好。",
        "可以拿在手里比一下大小吗？",
        "周日生日要送人。",
        "实物比图片颜色更暖。",
    ),
    about=(
        "{item}还有吗？",
        "{item}多重呀？",
        "{item}用了一年了，还跟新的一样。",
        "{item}已下单，谢谢！",
        "能再讲讲{item}吗？",
        "{item}是什么材质的？",
        "{item}送人很合适。",
        "{item}我要两件。",
        "{item}怎么保养？",
        "{item}这个价格真好。",
        "{item}有别的颜色吗？",
        "{item}买给妈妈的，她一定喜欢。",
    ),
    first_names=(
        "小", "阿", "大", "老", "爱吃的", "早起的", "江边的", "山里的", "安静的", "晒太阳的", "慢慢走的", "爱喝茶的",
    ),
    last_names=(
        "林", "禾", "雨", "橙子", "云朵", "石头", "松果", "麦子", "海棠", "月", "南风", "豆豆", "青山", "柚子",
        "鱼",
        "茶茶",
    ),
    ends=("", "", "", "", "～", "☀️", "👏", "🌿", "❤️"),
    item_stop=" ",
)  # fmt: skip

WORDS: Final = {"en": ENGLISH, "zh": CHINESE}
ABOUT_ITEMS: Final = 0.4
"""Share of the comments that are about something on the shelf."""


class Talk:
    """Draws names and comments in one language."""

    def __init__(self, language: str, rng: Random) -> None:
        self._words = WORDS[language]
        self._rng = rng

    def nickname(self) -> str:
        """A name; two people may have the same."""
        return self._rng.choice(self._words.first_names) + self._rng.choice(self._words.last_names)

    def comment(self, titles: list[str]) -> str:
        """Something to say in a room with these products on its shelf."""
        rng, words = self._rng, self._words
        if titles and rng.random() < ABOUT_ITEMS:
            said = rng.choice(words.about).format(item=self._short(rng.choice(titles)))
        else:
            said = rng.choice(words.remarks)
        text = rng.choice(words.openings) + said
        return text[:1].upper() + text[1:] + rng.choice(words.ends)

    def _short(self, title: str) -> str:
        name = title.split(self._words.item_stop)[0].strip()[:40]
        # "Longjing green tea" in the middle of a sentence.
        return name if not name.isascii() or name[:2].isupper() else name[:1].lower() + name[1:]
