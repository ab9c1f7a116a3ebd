// Liveroom as a mini-program. Where your server is stands in config.js.

import { askWhenNeeded } from "./lib/privacy.js";

App({
  onLaunch() {
    askWhenNeeded();
  },
});
