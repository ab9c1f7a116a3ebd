// Followers may be told when a show begins: WeChat asks them for each message anew.

/**
 * Ask, while a tap is being handled: at no other time does WeChat show its question. One accept is one message.
 *
 * @param {string} template
 * @returns {Promise<boolean>} whether one may be sent
 */
export function askToTell(template) {
  return new Promise((resolve) => {
    wx.requestSubscribeMessage({
      tmplIds: [template],
      success: (result) => resolve(result[template] === "accept"),
      // Refused for ever, or asked outside a tap: following works without.
      fail: () => resolve(false),
    });
  });
}
