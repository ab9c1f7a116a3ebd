"""The routes of rooms under /api/, with and without the last slash."""

from django.urls import re_path

from rooms.api import commands, moderation, reminders, reviews, views, words

# Any text without a slash: what is no slug is answered as a room that there is none of.
ROOM = r"^rooms/(?P<slug>[^/\x00]+)"

urlpatterns = [
    re_path(r"^words/?$", words.WordsView.as_view(), name="api-words"),
    re_path(r"^words/remove/?$", words.WordsRemoveView.as_view(), name="api-words-remove"),
    re_path(r"^words/(?P<word_id>[0-9]{1,16})/?$", words.WordView.as_view(), name="api-word"),
    re_path(r"^rooms/?$", views.RoomListView.as_view(), name="api-rooms"),
    re_path(rf"{ROOM}/?$", views.RoomDetailView.as_view(), name="api-room"),
    re_path(rf"{ROOM}/comments/?$", views.CommentsView.as_view(), name="api-room-comments"),
    re_path(rf"{ROOM}/events/?$", views.EventsView.as_view(), name="api-room-events"),
    re_path(rf"{ROOM}/start/?$", commands.StartView.as_view(), name="api-room-start"),
    re_path(rf"{ROOM}/pause/?$", commands.PauseView.as_view(), name="api-room-pause"),
    re_path(rf"{ROOM}/end/?$", commands.EndView.as_view(), name="api-room-end"),
    re_path(rf"{ROOM}/notice/?$", commands.NoticeView.as_view(), name="api-room-notice"),
    re_path(rf"{ROOM}/pin/?$", commands.PinView.as_view(), name="api-room-pin"),
    re_path(rf"{ROOM}/settings/?$", commands.SettingsView.as_view(), name="api-room-settings"),
    re_path(rf"{ROOM}/mute/?$", moderation.MuteView.as_view(), name="api-room-mute"),
    re_path(rf"{ROOM}/unmute/?$", moderation.UnmuteView.as_view(), name="api-room-unmute"),
    re_path(rf"{ROOM}/ban/?$", moderation.BanView.as_view(), name="api-room-ban"),
    re_path(rf"{ROOM}/unban/?$", moderation.UnbanView.as_view(), name="api-room-unban"),
    re_path(rf"{ROOM}/sanctions/?$", moderation.SanctionsView.as_view(), name="api-room-sanctions"),
    re_path(rf"{ROOM}/reviews/?$", reviews.ReviewsView.as_view(), name="api-room-reviews"),
    re_path(rf"{ROOM}/remove-comments/?$", moderation.RemoveCommentsView.as_view(), name="api-room-remove-comments"),
    re_path(rf"{ROOM}/remind/?$", reminders.RemindView.as_view(), name="api-room-remind"),
    re_path(
        rf"{ROOM}/comments/(?P<comment_id>[0-9]{{1,16}})/?$", commands.CommentView.as_view(), name="api-room-comment"
    ),
    re_path(
        rf"{ROOM}/comments/(?P<comment_id>[0-9]{{1,16}})/pass/?$",
        reviews.PassView.as_view(),
        name="api-room-comment-pass",
    ),
    re_path(
        rf"{ROOM}/comments/(?P<comment_id>[0-9]{{1,16}})/refuse/?$",
        reviews.RefuseView.as_view(),
        name="api-room-comment-refuse",
    ),
]
