"""The routes of /api/auth/, with and without the last slash."""

from django.urls import re_path

from accounts import api

urlpatterns = [
    re_path(r"^guest/?$", api.GuestView.as_view(), name="auth-guest"),
    re_path(r"^issue/?$", api.IssueView.as_view(), name="auth-issue"),
    re_path(r"^wechat/?$", api.WeChatView.as_view(), name="auth-wechat"),
    re_path(r"^me/?$", api.MeView.as_view(), name="auth-me"),
]
