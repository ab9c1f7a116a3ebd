"""Tests of liveroom/crowd and its command."""
