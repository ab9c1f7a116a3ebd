"""What the room page says by its script. ``{name}`` stands for what the script fills in."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rooms.messages import Code

ERRORS: dict[Code, str | Promise] = {
    Code.BAD_JSON: _("The server could not read that."),
    Code.BAD_MESSAGE: _("The server did not accept that."),
    Code.UNKNOWN_TYPE: _("The server does not know this kind of request."),
    Code.TOO_LARGE: _("That is too large to be sent."),
    Code.LOGIN_REQUIRED: _("Log in to do that."),
    Code.BAD_TOKEN: _("Your login has expired."),
    Code.FORBIDDEN: _("You may not do that."),
    Code.MUTED: _("You are muted in this room."),
    Code.BANNED: _("You have been banned from this room."),
    Code.RATE_LIMITED: _("Not so fast. Please wait a moment."),
    Code.SLOW_MODE: _("Slow mode is on. Please wait before the next comment."),
    Code.DUPLICATE_CONTENT: _("You have just said that."),
    Code.CONTENT_REJECTED: _("This comment cannot be shown here."),
    Code.ROOM_NOT_FOUND: _("There is no such room."),
    Code.ROOM_CLOSED: _("This is not possible now: the show is not on."),
    Code.SWITCHED_OFF: _("The host has switched this off."),
    Code.NOT_ON_SHELF: _("This item is no longer for sale here."),
    Code.OUT_OF_STOCK: _("Sold out: there are not enough pieces left."),
    Code.LIMIT_REACHED: _("You have reached the limit for this item."),
    Code.PRICE_CHANGED: _("The price has changed. Please look at it and order again."),
    Code.UNAVAILABLE: _("The server is busy. Nothing was done; please try again."),
    Code.RESTARTING: _("The server is restarting. You will be back in a moment."),
    Code.TOO_MANY_SOCKETS: _("You have this room open in too many places. This one was disconnected."),
    Code.FLOODING: _("Too much was sent from here. You were disconnected."),
    Code.INTERNAL: _("Something went wrong on the server. Please try again."),
}

TEXTS: dict[str, str | Promise] = {
    "unknown_error": _("Something went wrong."),
    "too_long": _("At most {limit} characters."),
    "retry_in": _("Try again in {seconds} s."),
    # The connection.
    "connecting": _("Connecting…"),
    "connected": _("Connected"),
    "waiting": _("Connection lost. Trying again…"),
    "cut": _("Disconnected"),
    "stopped": _("Disconnected for good"),
    # The room.
    "scheduled": _("scheduled"),
    "live": _("live"),
    "paused": _("paused"),
    "ended": _("ended"),
    "online": _("{count} watching"),
    "followers": _("Followers: {count}"),
    "likes": _("Likes: {count}"),
    "follow": _("Follow"),
    "unfollow": _("Unfollow"),
    "you_are": _("You are {name}."),
    "you_watch": _("You are only watching."),
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
    # Comments.
    "host": _("host"),
    "assistant": _("assistant"),
    "sending": _("sending…"),
    "held": _("only you see this"),
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
    # The frames.
    "frame_in": _("received"),
    "frame_out": _("sent"),
    "frame_info": _("connection"),
    "opened": _("open {url}"),
    "closed": _("closed with {code} {reason}"),
}
