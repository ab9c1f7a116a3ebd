"""The pages of rooms: the list, and each room."""

from django.urls import path, re_path

from rooms import views

app_name = "rooms"

urlpatterns = [
    path("", views.room_list, name="list"),
    path("favicon.ico", views.favicon),
    path("rooms/<slug:slug>/", views.room_page, name="room"),
    re_path(r"^rooms/(?P<slug>[-a-zA-Z0-9_]+)$", views.room_page),
]
