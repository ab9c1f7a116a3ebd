"""Liveroom's settings with a layer that cannot be trusted."""

from liveroom.settings import *  # noqa: F403 - all of them, and one changed below
from liveroom.settings import CHANNEL_LAYERS

CHANNEL_LAYERS["default"]["BACKEND"] = "tests.faults.layer.FaultyLayer"
