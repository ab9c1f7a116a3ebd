"""Tests of liveroom/client.py and its parts."""
