// Keys of the review of links: what can be clicked can be typed.

import { isTyping } from "./keys.js";

const form = document.querySelector("#linking-form");
const radios = [...form.querySelectorAll("input[name='target']")];

function choose(place) {
  const radio = radios[Math.max(0, Math.min(radios.length - 1, place))];
  if (!radio) return;
  radio.checked = true;
  radio.focus({ preventScroll: true });
  radio.closest(".candidate").scrollIntoView({ block: "nearest" });
}

function press(key) {
  const target = document.querySelector(`#linking [data-key="${key}"]`);
  target?.click();
  return Boolean(target);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (document.querySelector("dialog[open]")) return;
  if (isTyping(event.target) && event.target.type !== "radio") return;
  const at = radios.findIndex((radio) => radio.checked);
  let done = true;
  if (event.key === "j") choose(at + 1);
  else if (event.key === "k") choose(at - 1);
  else if (/^[1-9]$/.test(event.key)) choose(Number(event.key) - 1);
  else if (event.key === "Enter" && event.target.type === "radio") done = press("e");
  else done = press(event.key);
  if (done) event.preventDefault();
});

let sent = false;
form.addEventListener("submit", (event) => {
  if (sent) event.preventDefault();
  sent = true;
});
