"""How a call to WeChat fails."""


class WeChatError(Exception):
    """WeChat answered, and refused: `errcode` and `errmsg` as in its documentation (`errmsg` holds a request's id)."""

    def __init__(self, errcode: int, errmsg: str = "") -> None:
        super().__init__(f"WeChat refused: {errcode} {errmsg}".rstrip())
        self.errcode = errcode
        self.errmsg = errmsg


class WeChatUnavailable(Exception):
    """WeChat did not answer in time, answered what is no answer, or was not asked as too many calls are under way."""
