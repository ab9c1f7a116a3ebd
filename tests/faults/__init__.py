"""What is promised under faults: servers that are killed, hang or go away, and clients that do not read."""
