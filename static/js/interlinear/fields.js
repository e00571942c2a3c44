// What the box of a word is made of: elements, and fields as wide as what stands in them.

export function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== "") made.textContent = text;
  return made;
}

export function input(className, value, label, { part, place, lang, dir, language }) {
  const made = element("input", className);
  made.value = value;
  made.dataset.part = part;
  if (place !== undefined) made.dataset.place = place;
  made.setAttribute("aria-label", label);
  if (language) made.dataset.ws = language.id;
  if (lang ?? language?.tag) made.lang = lang ?? language.tag;
  made.dir = dir ?? "auto";
  made.autocomplete = "off";
  made.spellcheck = false;
  made.setAttribute("autocapitalize", "off");
  return made;
}

export function fit(field) {
  field.style.setProperty("--length", `${Math.max(3, [...field.value].length + 1)}`);
}

export function focus(field) {
  field?.focus();
  field?.select?.();
}

export function atStart(field) {
  return field.tagName === "INPUT" && field.selectionStart === 0 && field.selectionEnd === 0;
}
