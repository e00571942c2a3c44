import { openDialog } from "./dialogs.js";

/** Whether a key typed here is text. */
export function isTyping(target) {
  return Boolean(target.closest?.("input, textarea, select, [contenteditable='true']"));
}

/** `?` shows the keys of the page, `/` goes to the search; buttons with data-keys show them too. */
export function watchKeys(root) {
  const keys = () => document.getElementById("keys");
  for (const button of root.querySelectorAll("[data-keys]")) button.hidden = !keys();
  root.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys]")) openDialog(keys());
  });
  root.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "?") {
      openDialog(keys());
    } else if (event.key === "/") {
      const field = document.querySelector("main input[type='search'], #search");
      if (!field) return;
      field.focus();
      field.select();
      event.preventDefault();
    }
  });
}
