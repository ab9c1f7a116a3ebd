"""The load client: thousands of WebSocket viewers in one process, light enough not to be the bottleneck."""
