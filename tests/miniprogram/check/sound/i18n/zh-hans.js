export const ZH = {
  greeting: "你好 {name}",
};
