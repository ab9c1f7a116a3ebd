"""The routes of the shop under /api/, with and without the last slash."""

from django.urls import re_path

from products import api
from rooms.urls import ROOM

ITEM = rf"{ROOM}/shelf/(?P<item_id>[0-9]{{1,16}})"

urlpatterns = [
    re_path(rf"{ROOM}/shelf/?$", api.ShelfView.as_view(), name="api-room-shelf"),
    re_path(rf"{ROOM}/stats/?$", api.StatsView.as_view(), name="api-room-stats"),
    re_path(rf"{ITEM}/?$", api.ItemView.as_view(), name="api-item"),
    re_path(rf"{ITEM}/on/?$", api.OnView.as_view(), name="api-item-on"),
    re_path(rf"{ITEM}/off/?$", api.OffView.as_view(), name="api-item-off"),
    re_path(rf"{ITEM}/explain/?$", api.ExplainView.as_view(), name="api-item-explain"),
    re_path(rf"{ITEM}/stock/?$", api.StockView.as_view(), name="api-item-stock"),
    re_path(r"^orders/?$", api.OrderListView.as_view(), name="api-orders"),
    re_path(r"^orders/(?P<number>[0-9]{1,32})/?$", api.OrderView.as_view(), name="api-order"),
]
