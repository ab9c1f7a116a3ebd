"""What a process remembers of the users in its rooms."""

from rooms.realtime.users import REFUSED_EACH, ConnectedUsers


async def test_of_many_refused_comments_the_last_are_remembered() -> None:
    """One who is refused all day does not fill the memory; another, or another room, takes nothing from him."""
    users = ConnectedUsers()
    for comment_id in range(2 * REFUSED_EACH):
        users.comment_refused(1, comment_id, room_id=7)
    users.comment_refused(2, 900, room_id=7)
    users.comment_refused(1, 901, room_id=8)
    assert users.refused_since(1, 0, room_id=7) == list(range(REFUSED_EACH, 2 * REFUSED_EACH))
    assert users.refused_since(2, 0, room_id=7) == [900]
    assert users.refused_since(1, 0, room_id=8) == [901]
