"""Rooms over HTTP: the same objects and the same refusals as over the socket."""
