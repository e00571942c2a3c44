// What empty fields of an entry may be: asked for when it is opened and after it was saved, and
// shown below each field. A press takes one over.

import { gettext as _ } from "../texts.js";
import { get } from "./content.js";
import { fit } from "./fields.js";

const PAUSE = 400; // milliseconds after which what was saved is asked about
const LOADING = 5000; // the same where a model is being loaded, so often:
const TRIES = 5;

export class Suggestions {
  constructor(editor) {
    this.editor = editor;
    this.known = { key: "", found: [] };
    const { pane } = editor;
    pane.addEventListener("entry-open", () => this.ask());
    pane.addEventListener("entry-laid", () => this.ask());
    pane.addEventListener("click", (event) => this.take(event.target.closest("[data-suggestion]")));
    for (const moved of ["focusin", "mouseover"]) {
      pane.addEventListener(moved, (event) => this.explain(event.target.closest?.("[data-suggestion]")));
    }
    this.ask();
  }

  /** Whether there is a field that could be suggested: each has a place in the page. */
  get isOpen() {
    if (!this.editor.article?.hasAttribute("data-editable")) return false;
    const senses = this.editor.content.senses ?? [];
    return senses.some((one) => !one.pos || !one.domains?.length || !Object.keys(one.gloss ?? {}).length);
  }

  ask() {
    clearTimeout(this.waiting);
    if (!this.isOpen) return;
    const { lemma, senses } = this.editor.content;
    const key = JSON.stringify([this.editor.id, lemma, senses]);
    if (key === this.known.key) this.show(this.known.found);
    else this.waiting = setTimeout(() => this.fetch(key, TRIES), PAUSE);
  }

  async fetch(key, tries) {
    const { base, id } = this.editor;
    const answer = await fetch(`${base}/suggestions`).catch(() => null);
    if (!answer?.ok) return;
    const { fields, waiting } = await answer.json();
    if (id !== this.editor.id) return;
    this.show(fields);
    if (waiting && tries > 1) this.waiting = setTimeout(() => this.fetch(key, tries - 1), LOADING);
    else this.known = { key, found: fields };
  }

  show(fields) {
    for (const old of this.editor.pane.querySelectorAll(".suggested")) old.remove();
    for (const one of fields) {
      const field = this.place(one.path);
      if (!field || field.value || get(this.editor.content, one.path)?.length) continue;
      const folded = field.closest("[data-folded]");
      if (folded) this.unfold(folded);
      field.closest(".values").append(this.line(one));
    }
  }

  unfold(field) {
    field.hidden = false;
    const adds = field.parentElement.querySelector(":scope > .adds");
    const button = adds?.querySelector(`[data-unfold="${field.dataset.folded}"]`);
    if (button) button.hidden = true;
  }

  place(path) {
    const wanted = path.join("/");
    return [...this.editor.pane.querySelectorAll("[data-path], [data-items]")].find(
      (one) => JSON.parse(one.dataset.path ?? one.dataset.items).join("/") === wanted,
    );
  }

  line({ path, kind, offers }) {
    const line = document.createElement("div");
    line.className = "suggested";
    line.setAttribute("role", "group");
    line.setAttribute("aria-label", _("Suggestions"));
    const why = document.createElement("p");
    why.className = "suggested__why quiet";
    why.textContent = offers[0].reason;
    line.append(...offers.map((offer) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "suggested__one";
      button.dataset.suggestion = JSON.stringify({ path, kind, value: offer.value, reason: offer.reason });
      const share = `${Math.round(100 * offer.probability)} %`;
      const shown = document.createElement("span");
      shown.dir = "auto";
      shown.textContent = offer.shown;
      const sure = document.createElement("span");
      sure.className = "quiet small";
      sure.textContent = ` ${share}`;
      const reason = document.createElement("span");
      reason.className = "unseen";
      reason.textContent = `, ${offer.reason}`;
      button.append(shown, sure, reason);
      return button;
    }), why);
    return line;
  }

  explain(button) {
    if (!button) return;
    button.parentElement.querySelector(".suggested__why").textContent = JSON.parse(button.dataset.suggestion).reason;
  }

  take(button) {
    if (!button) return;
    const { path, kind, value } = JSON.parse(button.dataset.suggestion);
    const field = this.place(path);
    if (kind !== "items") field.value = value;
    if (kind === "text") fit(field);
    (kind === "items" ? field.querySelector("input") : field)?.focus();
    const before = get(this.editor.content, path) ?? null;
    this.editor.save([{ path, before, after: kind === "items" ? [value] : value }]);
  }
}
