"""What the room page says by its script. ``{name}`` stands for what the script fills in.

What it says about errors is in the client file, miniprogram/utils/live-socket.js.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    # The connection.
    "idle": _("Disconnected"),
    "connecting": _("Connecting…"),
    "online": _("Connected"),
    "waiting": _("Connection lost. Trying again…"),
    "no_answer": _("No connection yet. Trying again…"),
    "stopped": _("Disconnected for good"),
    "next_try": _("in {seconds} s"),
    # The room.
    "scheduled": _("scheduled"),
    "live": _("live"),
    "paused": _("paused"),
    "ended": _("ended"),
    "watching": _("{count} watching"),
    "follower": _("{count} follower"),
    "followers": _("{count} followers"),
    "likes": _("Likes: {count}"),
    "follow": _("Follow"),
    "following": _("Following"),
    "you_are": _("You are {name}."),
    "you_watch": _("You are only watching."),
    # States of a show that have a face of their own.
    "face_scheduled": _("Opening soon"),
    "face_scheduled_text": _("Have a look at the shelf and say hello: comments are open."),
    "face_paused": _("A short break"),
    "face_paused_text": _("The host will be right back. Stay, the shelf is open."),
    "face_ended": _("The show is over"),
    "face_ended_text": _("{likes} likes tonight. Follow {name} for the next one."),
    "face_banned": _("You cannot enter this room"),
    "face_banned_text": _("You have been banned here."),
    "face_banned_until": _("You are banned here until {time}."),
    "face_gone": _("This room is gone"),
    "face_gone_text": _("It may have been taken down."),
    # Why something cannot be done now.
    "why_not_connected": _("You are not connected."),
    "why_login": _("Log in to take part."),
    "why_scheduled": _("The show has not begun. Nothing is sold yet."),
    "why_paused": _("The host takes a break. You can go on."),
    "why_ended": _("The show has ended."),
    "why_comments_off": _("Comments are switched off."),
    "why_likes_off": _("Likes are switched off."),
    "why_shop_off": _("Purchases are switched off."),
    "why_muted": _("You are muted until {time}."),
    "why_muted_for_ever": _("You are muted in this room."),
    "why_slow": _("Slow mode: one comment in {seconds} s."),
    # Comments.
    "host": _("host"),
    "assistant": _("assistant"),
    "sending": _("sending…"),
    "held": _("only you see this"),
    "new_comment": _("1 new comment"),
    "new_comments": _("{count} new comments"),
    "said": _("{name}: {content}"),
    "many_comments": _("{count} new comments."),
    # What happens in the room.
    "someone": _("Somebody"),
    "did_join": _("{name} came in"),
    "did_leave": _("{name} left"),
    "did_follow": _("{name} followed the host"),
    "did_buy": _("{name} bought {title} × {quantity}"),
    # The shelf.
    "buy": _("Buy"),
    "buy_item": _("Buy {title}"),
    "ordering": _("Ordering…"),
    "sold_out": _("Sold out"),
    "stock": _("{stock} left · {sold} sold"),
    "limit": _("at most {limit} each"),
    "sale_ends": _("on sale until {time}"),
    "ordered": _("Order {number}: {title} × {quantity}, ¥{total} ({status})"),
    "order_pending": _("to be paid"),
    "order_paid": _("paid"),
    "order_cancelled": _("cancelled"),
    # The inspector.
    "frame_in": _("received"),
    "frame_out": _("sent"),
    "frame_info": _("connection"),
    "opening": _("open {url}"),
    "opened": _("open"),
    "closed": _("closed with {code} {reason}"),
    "latency": _("{last} ms · {median}"),
    "copied": _("{count} lines copied."),
    "not_copied": _("This browser does not let the page copy."),
}
