"""`manage.py crowd`: viewers to try a room with. They come over real sockets, each with a `RoomClient` of its own."""
