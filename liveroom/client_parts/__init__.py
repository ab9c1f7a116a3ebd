"""What `liveroom/client.py` is made of. Needs `websockets` and the standard library, nothing else of the server."""
