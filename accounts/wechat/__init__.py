"""WeChat's servers: who a mini-program's user is, what WeChat thinks of a text, messages to those who asked for one."""
