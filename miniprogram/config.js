// What you change first. Everything else works as it is.

/** Where your Liveroom server is: scheme, host, port, no slash at the end. A published mini-program needs https. */
export const SERVER = "http://127.0.0.1:8000";

/** The room of a share or of a code that names none; "" shows the list. */
export const DEFAULT_ROOM = "";

/** Id of the subscribe message that tells followers of a show, as the server's WECHAT_TEMPLATE_LIVE; "" asks nobody. */
export const LIVE_TEMPLATE = "";
