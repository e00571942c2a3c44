// Fields of the editor: what they hold, how it is shown, how high they are.

import { plain, retext } from "./content.js";

/** The value of a field; `before` gives the spans that stay. */
export function read(field, before) {
  const value = field.value;
  if (field.tagName === "TEXTAREA") return typeof before === "object" && before ? retext(before, value) : value || null;
  if (field.dataset.kind === "number") return value === "" ? null : Number(value);
  if (field.dataset.kind === "words") {
    const words = value.split(/\s+/).filter(Boolean);
    return words.length ? words : null;
  }
  return value || null;
}

/** Puts a value into its field. */
export function show(field, value) {
  const text = Array.isArray(value) ? value.join(" ") : typeof value === "number" ? String(value) : plain(value);
  if (field.value !== text) {
    field.value = text;
    if (field.tagName === "TEXTAREA") fit(field);
  }
}

/** Makes a field as high as its text. */
export function fit(area) {
  area.style.blockSize = "auto";
  area.style.blockSize = `${area.scrollHeight}px`;
}

/** Shows a field that stood behind a word of the "add" line. */
export function unfold(button) {
  let field = button.closest(".adds").nextElementSibling;
  while (field && field.dataset.folded !== button.dataset.unfold) field = field.nextElementSibling;
  if (!field) return;
  field.hidden = false;
  button.hidden = true;
  field.querySelector("textarea, input, select")?.focus();
}

/** What is unfolded in a pane; the function that is given back unfolds it again. */
export function keepUnfolded(pane) {
  const open = new Set([...pane.querySelectorAll("[data-folded]:not([hidden])")].map(foldKey));
  return () => {
    for (const one of pane.querySelectorAll("[data-folded]")) if (open.has(foldKey(one))) one.hidden = false;
  };
}

function foldKey(field) {
  return `${field.previousElementSibling?.closest("[data-member]")?.id ?? ""}/${field.dataset.folded}`;
}
