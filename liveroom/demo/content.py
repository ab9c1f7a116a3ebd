"""What is in the demo's rooms, in both languages. Prices are in yuan; ``ago`` is in minutes before now."""

from collections.abc import Mapping
from typing import Final, NamedTuple

Text = Mapping[str, str]
"""By language: ``en``, ``zh``."""

HOST: Final = -1
"""In place of a viewer's number."""


class Goods(NamedTuple):
    """A product and how it stands on the shelf. ``sale``: a price, and in how many hours it begins and ends."""

    picture: str
    title: Text
    list_price: str
    price: str
    stock: int
    limit_per_user: int = 0
    sale: tuple[str, int, int] | None = None


class Said(NamedTuple):
    """A comment of a viewer, by his number, or of the HOST."""

    ago: float
    who: int
    text: Text


class Ordered(NamedTuple):
    """What a viewer bought, and how many pieces."""

    ago: float
    who: int
    goods: str
    pieces: int


class Show(NamedTuple):
    """A room. ``follows``: when, and who. ``pinned``: which of the comments."""

    slug: str
    title: Text
    cover: str
    host: str
    host_name: Text
    notice: Text
    goods: tuple[str, ...]
    said: tuple[Said, ...]
    follows: tuple[tuple[float, int], ...]
    orders: tuple[Ordered, ...] = ()
    live: bool = False
    explained: str = ""
    pinned: int | None = None
    likes: int = 0


VIEWERS: Final[tuple[Text, ...]] = (
    {"en": "Mei", "zh": "小美"},
    {"en": "Jonas", "zh": "早起的松果"},
    {"en": "Clara", "zh": "江边的柚子"},
    {"en": "Amara", "zh": "阿禾"},
    {"en": "Wen", "zh": "老温"},
    {"en": "Rosa", "zh": "爱喝茶的海棠"},
)

GOODS: Final = {
    item.picture: item
    for item in (
        Goods(
            "tea", {"en": "Longjing green tea, spring harvest, 100 g", "zh": "明前龙井 100 克"}, "168.00", "128.00", 200
        ),
        Goods("mug", {"en": "Stoneware mug, hand-thrown, 350 ml", "zh": "手作陶杯 350 毫升"}, "89.00", "69.00", 120),
        Goods(
            "throw",
            {"en": "Linen throw, 130 × 170 cm", "zh": "亚麻盖毯 130×170 厘米"},
            "399.00",
            "329.00",
            40,
            sale=("279.00", 0, 168),
        ),
        Goods(
            "candle",
            {"en": "Soy candle, fig and cedar, 45 hours", "zh": "大豆香薰蜡烛 无花果雪松 45 小时"},
            "98.00",
            "78.00",
            150,
        ),
        Goods("board", {"en": "Walnut cutting board, 38 cm", "zh": "黑胡桃木砧板 38 厘米"}, "259.00", "219.00", 25),
        Goods(
            "oil",
            {"en": "Cold-pressed olive oil, 500 ml", "zh": "冷榨橄榄油 500 毫升"},
            "138.00",
            "118.00",
            80,
            limit_per_user=2,
        ),
        Goods("scarf", {"en": "Merino scarf, cornflower blue", "zh": "美利奴羊毛围巾 矢车菊蓝"}, "329.00", "269.00", 5),
        Goods("honey", {"en": "Wildflower honey, 400 g", "zh": "百花蜂蜜 400 克"}, "68.00", "49.90", 300),
        Goods(
            "lamp",
            {"en": "Paper table lamp, warm light", "zh": "和纸台灯 暖光"},
            "289.00",
            "239.00",
            60,
            sale=("199.00", 3, 27),
        ),
        Goods("vase", {"en": "Clay vase, matt, 22 cm", "zh": "陶土花瓶 哑光 22 厘米"}, "159.00", "129.00", 45),
        Goods(
            "teapot", {"en": "Teapot with wooden handle, 600 ml", "zh": "木提梁茶壶 600 毫升"}, "219.00", "189.00", 35
        ),
        Goods("notebook", {"en": "Notebook, thread-bound, 160 pages", "zh": "线装笔记本 160 页"}, "59.00", "45.00", 2),
    )
}

EVENING: Final = Show(
    slug="demo",
    title={"en": "An evening at home: tea, light and warm things", "zh": "在家的晚上：茶、灯和暖暖的小物"},
    cover="room-evening",
    host="host",
    host_name={"en": "Lin", "zh": "林小满"},
    notice={
        "en": "Free shipping tonight from ¥99. Ask anything: we read every comment.",
        "zh": "今晚满 99 元包邮。有问题尽管问，每条评论都会看。",
    },
    goods=tuple(GOODS),
    live=True,
    explained="tea",
    pinned=5,
    likes=1288,
    said=(
        Said(54, HOST, {"en": "Good evening, everybody! The kettle is on.", "zh": "大家晚上好！水已经烧上了。"}),
        Said(52, 0, {"en": "Good evening! First time here.", "zh": "晚上好！第一次来。"}),
        Said(50, 1, {"en": "Hello from the mountains, it is snowing.", "zh": "从山里来打招呼，这边下雪了。"}),
        Said(47, 2, {"en": "That lamp makes such a soft light.", "zh": "那盏灯的光好柔和。"}),
        Said(44, 3, {"en": "Until when do you ship tomorrow?", "zh": "今天下单明天能发吗？"}),
        Said(43, HOST, {"en": "Orders before ten tonight leave tomorrow morning.", "zh": "今晚十点前下单，明早发货。"}),
        Said(
            40,
            4,
            {
                "en": "I have had the mug for a year, it is even nicer than in the picture.",
                "zh": "陶杯用了一年了，比图片还好看。",
            },
        ),
        Said(38, 5, {"en": "Can the mug go into the dishwasher?", "zh": "陶杯可以进洗碗机吗？"}),
        Said(37, HOST, {"en": "It can, in the upper basket.", "zh": "可以的，放上层就好。"}),
        Said(33, 1, {"en": "Two notebooks for my sister, please.", "zh": "给妹妹买了两本笔记本。"}),
        Said(30, 2, {"en": "Does the throw shrink in the wash?", "zh": "盖毯洗了会缩水吗？"}),
        Said(29, HOST, {"en": "Washed at 30 degrees it stays as it is.", "zh": "30 度水洗不会缩。"}),
        Said(25, 0, {"en": "Ordered the throw, thank you!", "zh": "盖毯下单啦，谢谢！"}),
        Said(21, 3, {"en": "Which honey is that on the shelf behind you?", "zh": "后面架子上的是哪种蜂蜜？"}),
        Said(
            20,
            HOST,
            {"en": "Wildflower, from a beekeeper we visit every June.", "zh": "百花蜜，我们每年六月都去看那位蜂农。"},
        ),
        Said(16, 5, {"en": "The scarf at that price? Lovely.", "zh": "围巾这个价格真好。"}),
        Said(12, 4, {"en": "Is the tea from this spring?", "zh": "茶是今年春天的吗？"}),
        Said(
            11,
            HOST,
            {
                "en": "Picked in the last days of March. I am making a cup now, watch the leaves.",
                "zh": "三月底采的。现在泡一杯，大家看叶底。",
            },
        ),
        Said(8, 1, {"en": "I can almost smell it.", "zh": "好像已经闻到香味了。"}),
        Said(5, 2, {"en": "How much tea for one pot?", "zh": "一壶放多少茶？"}),
        Said(4, HOST, {"en": "Three grams, and water of 80 degrees.", "zh": "三克，八十度的水。"}),
        Said(2, 0, {"en": "Thank you, that helps!", "zh": "明白了，谢谢！"}),
        Said(1, 5, {"en": "Ordered the tea. Looking forward to it.", "zh": "茶叶下单了，期待！"}),
    ),
    follows=((51, 0), (45, 2), (31, 3), (15, 5), (7, 4)),
    orders=(
        Ordered(39, 4, "mug", 1),
        Ordered(34, 1, "notebook", 2),
        Ordered(32, 3, "honey", 3),
        Ordered(26, 0, "throw", 1),
        Ordered(18, 2, "candle", 2),
        Ordered(15, 5, "scarf", 2),
        Ordered(9, 4, "tea", 2),
        Ordered(6, 1, "teapot", 1),
        Ordered(1.5, 5, "tea", 1),
    ),
)

MORNING: Final = Show(
    slug="morning",
    title={"en": "Slow Sunday breakfast", "zh": "慢慢的周日早餐"},
    cover="room-morning",
    host="host-2",
    host_name={"en": "Tao", "zh": "阿涛"},
    notice={
        "en": "We begin on Sunday at nine. Follow, so that you do not miss it.",
        "zh": "周日早上九点开播，点个关注不错过。",
    },
    goods=("teapot", "mug", "board", "honey", "vase"),
    said=(
        Said(35, 1, {"en": "Set my alarm already.", "zh": "闹钟已经定好了。"}),
        Said(22, 3, {"en": "Will there be bread?", "zh": "会有面包吗？"}),
        Said(20, HOST, {"en": "Fresh from the oven, I promise.", "zh": "刚出炉的，说好了。"}),
    ),
    follows=((36, 1), (23, 3)),
)

SHOWS: Final = (EVENING, MORNING)
