/* What the administration says, at the top of its page. */

/** Say it, in place of what was said before. `kind`: as Django's messages have it, such as "error". */
export function say(text, kind) {
  const list = document.createElement("ul");
  list.className = "messagelist";
  const line = document.createElement("li");
  line.className = kind;
  line.textContent = text;
  list.append(line);
  sayAgain(list);
}

/** Show a list of messages that the server made. */
export function sayAgain(list) {
  list.setAttribute("role", "status");
  document.querySelector(".messagelist")?.remove();
  document.querySelector("main").prepend(list);
}
