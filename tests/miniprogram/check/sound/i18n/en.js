export const EN = {
  greeting: "Hello {name}",
};
