// One's nickname and picture, by the means that WeChat has today: it offers one's own, and nothing is taken unasked.

import { address } from "../../lib/api.js";
import { say } from "../../lib/device.js";
import { initial, nameOf } from "../../lib/format.js";
import { knownUser, saveAvatar, saveNickname } from "../../lib/session.js";
import { text, texts } from "../../lib/texts.js";

/** What the server says of a name or a picture that it does not take. */
const REFUSED = ["bad_message", "content_rejected", "too_large"];

/** What was put in and is not saved yet. @typedef {{ nickname: string, refused: boolean, picture: string }} Draft */

/** @type {WeakMap<object, Draft>} */
const drafts = new WeakMap();

Component({
  data: {
    t: /** @type {{ [key: string]: string }} */ ({}),
    nickname: "",
    initial: "",
    avatar: "",
    error: "",
    busy: false,
  },

  lifetimes: {
    attached() {
      const user = knownUser();
      const nickname = user ? user.nickname : "";
      drafts.set(this, { nickname, refused: false, picture: "" });
      this.setData({
        t: texts(["profile_why", "avatar_change", "nickname", "nickname_hint", "save", "saving"]),
        nickname,
        initial: user ? initial(nameOf(user)) : "",
        avatar: user ? address(user.avatar) : "",
      });
    },
  },

  methods: {
    /** @param {{ detail: { value: string } }} event */
    type({ detail: { value } }) {
      const draft = drafts.get(this);
      if (!draft) return;
      draft.nickname = value;
      if (value !== "") draft.refused = false;
    },

    /**
     * WeChat looks at a name when the field is left, and empties the field of one that it refuses.
     *
     * @param {{ detail: { pass: boolean, timeout: boolean } }} event
     */
    reviewed({ detail: { pass, timeout } }) {
      const draft = drafts.get(this);
      if (pass || timeout || !draft) return;
      draft.nickname = "";
      draft.refused = true;
      this.setData({ error: text("name_refused") });
    },

    /** @param {{ detail: { avatarUrl: string } }} event a file that is the phone's, and soon gone */
    chooseAvatar({ detail: { avatarUrl } }) {
      const draft = drafts.get(this);
      if (draft) draft.picture = avatarUrl;
      this.setData({ avatar: avatarUrl });
    },

    async save() {
      const draft = drafts.get(this);
      if (this.data.busy || !draft) return;
      this.setData({ busy: true, error: "" });
      const error = (await this._savePicture(draft)) || (await this._saveName(draft));
      this.setData({ busy: false, error });
      if (error) return;
      say(text("saved"));
      this.triggerEvent("saved");
    },

    /** @param {Draft} draft @returns {Promise<string>} why not, or "" */
    async _savePicture(draft) {
      if (draft.picture === "") return "";
      try {
        await saveAvatar(draft.picture);
        draft.picture = "";
        return "";
      } catch (error) {
        return wordsOf(error, "avatar_refused");
      }
    },

    /** @param {Draft} draft @returns {Promise<string>} why not, or "" */
    async _saveName(draft) {
      if (draft.refused) return text("name_refused");
      const nickname = draft.nickname.trim();
      const user = knownUser();
      if (nickname === "" || (user && user.nickname === nickname)) return "";
      try {
        await saveNickname(nickname);
        return "";
      } catch (error) {
        return wordsOf(error, "name_refused");
      }
    },
  },
});

/** @param {unknown} error @param {'avatar_refused' | 'name_refused'} refused */
function wordsOf(error, refused) {
  const { code, message } = /** @type {import("../../lib/api.js").ApiError} */ (error);
  return REFUSED.includes(code) ? text(refused) : message;
}
