"""What `manage.py demo` makes: two rooms, who is in them, what is sold there, and the pictures of it all."""
