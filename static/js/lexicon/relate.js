// The dialog that ties an entry or a sense to another entry, and the words already there.

import { newId } from "../ids.js";
import { gettext as _ } from "../texts.js";

export class Relate {
  constructor(root, editor) {
    this.dialog = document.querySelector("#relate");
    this.editor = editor;
    this.find = root.dataset.find;
    if (!this.dialog) return;
    this.input = this.dialog.querySelector("#relate-other");
    this.found = this.dialog.querySelector("#relate-found");
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-relate]");
      if (button) this.open(button.dataset.relate);
    });
    this.input.addEventListener("input", () => this.look());
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.found.querySelector("button")?.click();
    });
    this.found.addEventListener("click", (event) => {
      const chosen = event.target.closest("button");
      if (chosen) this.choose(chosen.dataset.id);
    });
  }

  open(part) {
    this.part = part;
    this.input.value = "";
    this.found.replaceChildren();
    this.dialog.showModal();
    this.input.focus();
  }

  async look() {
    const text = this.input.value;
    const rows = await entries(this.find, { q: text });
    if (text !== this.input.value) return;
    this.found.replaceChildren(...rows.map((row) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.id = row.id;
      const lemma = document.createElement("b");
      lemma.className = "data";
      lemma.textContent = row.lemma;
      button.append(lemma, ` ${row.homograph ?? ""} ${row.gloss}`);
      item.append(button);
      return item;
    }));
  }

  choose(other) {
    this.dialog.close();
    const type = this.dialog.querySelector("#relate-type").value;
    this.editor.send(`${this.editor.base}/relations`, { id: newId("x"), part: this.part, type, other });
  }
}

export async function entries(url, parameters) {
  const answer = await fetch(`${url}?${new URLSearchParams(parameters)}`);
  return answer.ok ? answer.json() : [];
}

// While a new word is typed: entries with the same letters, to open instead of doubling them.
export function watchSame(url) {
  const input = document.querySelector("[data-same]");
  const place = document.querySelector("#same");
  if (!input || !place) return;
  input.addEventListener("input", async () => {
    const text = input.value;
    const rows = await entries(url, { q: text, same: "yes" });
    if (text !== input.value) return;
    place.hidden = rows.length === 0;
    const said = _("There already: %(words)s. Open it to add a sense, or go on for a homograph.", { words: "\n" });
    const [before, after] = said.split("\n");
    place.replaceChildren(before, ...rows.flatMap((row, at) => {
      const link = document.createElement("a");
      link.href = row.href;
      link.textContent = `${row.lemma} ‘${row.gloss}’`;
      return at ? [", ", link] : [link];
    }), after);
  });
}
