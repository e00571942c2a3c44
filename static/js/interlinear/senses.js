// The senses of the lexicon that a morph may realise, a new entry and a new sense.

import { post } from "../api.js";
import { newId } from "../ids.js";
import { say } from "../messages.js";
import { gettext as _ } from "../texts.js";
import { anyGloss, glossesOf } from "./morphs.js";

export class SensePicker {
  /** @param done called with the choice, or with null. */
  constructor(button, morph, setting, done) {
    Object.assign(this, { button, morph, setting, done });
    this.root = document.createElement("div");
    this.root.className = "senses";
    this.root.setAttribute("role", "listbox");
    this.root.setAttribute("aria-label", _("Entries for %(morph)s", { morph: morph.form }));
    this.root.tabIndex = -1;
    this.isOpen = true;
    button.after(this.root);
    button.setAttribute("aria-expanded", "true");
    this.root.addEventListener("keydown", (event) => this.onKey(event));
    this.root.addEventListener("click", (event) => {
      const item = event.target.closest("[role=option]");
      if (item) this.choose(this.items[Number(item.dataset.place)]);
      event.stopPropagation();
    });
    this.root.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.root.contains(event.relatedTarget)) this.finish(null);
    });
    this.fill([]);
    this.fetch();
  }

  async fetch() {
    const query = new URLSearchParams({ form: this.morph.form });
    const answer = await fetch(`/${this.setting.slug}/texts/senses?${query}`).catch(() => null);
    if (answer?.ok && this.isOpen) this.fill(await answer.json());
  }

  fill(found) {
    const entries = new Map(found.map((one) => [one.entry, one.name]));
    const gloss = anyGloss(this.morph);
    this.items = [
      ...found.map((one) => ({ choice: one, name: one.name, told: this.glossIn(one.gloss) || "–" })),
      ...[...entries].map(([entry, name]) => ({ make: { entry }, told: gloss ? _("New sense “%(gloss)s” of %(entry)s", { gloss, entry: name }) : _("New sense of %(entry)s", { entry: name }) })),
      { make: {}, told: gloss ? _("New entry %(form)s “%(gloss)s”", { form: this.morph.form, gloss }) : _("New entry %(form)s", { form: this.morph.form }) },
    ];
    if (this.morph.entry) this.items.push({ choice: { entry: "", sense: "", allomorph: "", name: null }, told: _("Not linked to the lexicon") });
    this.root.replaceChildren(...this.items.map((one, place) => this.item(one, place)));
    this.go(0);
  }

  glossIn(gloss) {
    const codes = [...this.setting.glossed.map((one) => one.id), ...Object.keys(gloss ?? {})];
    return Object.values(glossesOf(gloss, codes)).find(Boolean);
  }

  item(one, place) {
    const made = document.createElement("div");
    made.className = one.make ? "senses__item senses__item--new" : "senses__item";
    made.setAttribute("role", "option");
    made.dataset.place = place;
    made.tabIndex = -1;
    if (one.name) {
      const name = document.createElement("span");
      name.className = "data";
      name.lang = this.setting.tag;
      name.dir = "auto";
      name.textContent = one.name;
      made.append(name, " ");
    }
    made.append(one.told);
    return made;
  }

  go(place) {
    this.at = (place + this.items.length) % this.items.length;
    for (const item of this.root.children) item.setAttribute("aria-selected", String(Number(item.dataset.place) === this.at));
    this.root.children[this.at]?.focus();
  }

  onKey(event) {
    if (event.key === "ArrowDown") this.go(this.at + 1);
    else if (event.key === "ArrowUp") this.go(this.at - 1);
    else if (event.key === "Enter") this.choose(this.items[this.at]);
    else if (event.key === "Escape" || event.key === "Tab") this.finish(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async choose(item) {
    if (!item.make) {
      this.finish(item.choice);
      return;
    }
    const { form, glosses, pos, left, right } = this.morph;
    const gloss = Object.fromEntries(Object.entries(glosses).filter(([, text]) => text));
    const morph = { form: { [this.setting.ws]: form }, gloss, pos: pos || null, left, right };
    try {
      this.finish(await post(`/${this.setting.slug}/texts/senses`, { id: newId("x"), ...item.make, morph }));
    } catch (error) {
      say(error.message, "danger");
      this.finish(null);
    }
  }

  finish(choice) {
    if (!this.isOpen) return;
    this.close();
    this.done(choice);
  }

  close() {
    this.isOpen = false;
    this.root.remove();
    this.button.setAttribute("aria-expanded", "false");
  }
}
