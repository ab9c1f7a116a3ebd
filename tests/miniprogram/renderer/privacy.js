// The user's consent to the privacy contract, without which some interfaces wait: asked for by the app's own dialog, or
// by WeChat's when the app listens to nothing.

export class Privacy {
  /** @param {any} app @param {{ ask: boolean }} options whether the user has not agreed yet */
  constructor(app, { ask }) {
    this.app = app;
    this.agreed = !ask;
    this.listener = null;
    this._tapped = new Set();
  }

  /** A button with `open-type="agreePrivacyAuthorization"` was tapped. */
  tapped(id) {
    this._tapped.add(id);
  }

  /** @param {string} referrer what asks @returns {Promise<void>} rejected when the user refuses */
  async ask(referrer) {
    if (this.agreed) return;
    this.agreed = await (this.listener ? this._byApp(referrer) : this._byWeChat());
    if (!this.agreed) throw new Error(`${referrer}:fail privacy permission is not authorized`);
  }

  _byApp(referrer) {
    return new Promise((done) => {
      const resolve = ({ event, buttonId }) => {
        if (event === "agree" && !this._tapped.has(buttonId))
          this.app.problem(`privacy: the button "${buttonId}" was not tapped`);
        else if (event !== "exposureAuthorization") done(event === "agree");
      };
      this.listener(resolve, { referrer });
    });
  }

  _byWeChat() {
    const { words } = this.app.screen;
    const buttons = [
      { text: words.refuse, answer: false },
      { text: words.agree, answer: true },
    ];
    return this.app.screen.ask({ kind: "modal", title: "Privacy", buttons });
  }
}
