// What the free translation of a line may be, below its empty field: asked for when somebody goes there,
// taken over by a press as if it were typed. Nothing of it is kept before that.

import { gettext as _ } from "../texts.js";

const PAUSE = 300; // milliseconds that somebody stays in the field before it is asked
const LOADING = 5000; // milliseconds after which a model that is being loaded is asked again, so often:
const TRIES = 8;

export class Translations {
  /**
   * @param root the lines.
   * @param base address of lines.
   * @param take told of a field that has a new text.
   */
  constructor(root, base, take) {
    Object.assign(this, { root, base, take });
    root.addEventListener("focusin", (event) => this.onFocus(event.target));
    root.addEventListener("focusout", (event) => this.onLeave(event));
    root.addEventListener("input", (event) => event.target.value && this.close(event.target));
    root.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** Takes the first text over; says whether there is one. */
  takeFirst(field) {
    const first = this.field === field && !field.value && this.place?.querySelector("button");
    if (first) this.choose(first);
    return Boolean(first);
  }

  onFocus(field) {
    if (!field.matches?.("textarea[data-field]") || field === this.field || field.value) return;
    const [name, ws] = JSON.parse(field.dataset.field);
    if (name !== "translation") return;
    this.close();
    this.field = field;
    this.timer = setTimeout(() => this.fetch(ws), PAUSE);
  }

  onLeave(event) {
    const within = this.field?.closest(".line__field");
    if (within && !within.contains(event.relatedTarget)) this.close();
  }

  onKey(event) {
    if (event.key !== "Escape" || !this.place?.contains(event.target)) return;
    const { field } = this;
    field.focus();
    this.close(field);
  }

  async fetch(ws, tries = TRIES) {
    const { field } = this;
    const line = field.closest("[data-line]").dataset.line;
    const url = `${this.base}/${line}/translations/${encodeURIComponent(ws)}`;
    const known = tries === TRIES ? await this.ask(field, `${url}?model=no`) : null;
    if (known) this.show(field, known.offers, known.waiting ? _("The model is asked…") : "");
    if (known && !known.waiting) return;
    const told = await this.ask(field, url);
    if (!told) return;
    const waits = told.waiting && tries > 1;
    this.show(field, told.offers, waits ? _("The model is being loaded…") : "");
    if (waits) this.timer = setTimeout(() => this.fetch(ws, tries - 1), LOADING);
  }

  /** What the server says, if the field is still empty and in use then. */
  async ask(field, url) {
    const answer = await fetch(url).catch(() => null);
    const told = answer?.ok ? await answer.json() : { offers: [], waiting: false };
    return this.field === field && !field.value ? told : null;
  }

  show(field, offers, note) {
    this.place?.remove();
    this.place = null;
    if (!offers.length && !note) return;
    this.place = document.createElement("div");
    this.place.className = "line__offers";
    this.place.dir = field.dir;
    this.place.setAttribute("role", "group");
    this.place.setAttribute("aria-label", _("What the translation may be"));
    this.place.setAttribute("aria-live", "polite");
    for (const offer of offers) this.place.append(this.button(field, offer));
    if (note) {
      const said = document.createElement("span");
      said.className = "quiet small";
      said.textContent = note;
      this.place.append(said);
    }
    field.closest(".line__field").append(this.place);
    if (offers.length) this.place.scrollIntoView({ block: "nearest" });
  }

  button(field, offer) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "line__offer";
    const text = document.createElement("span");
    text.className = "line__said";
    text.lang = field.lang;
    text.dir = field.dir;
    text.textContent = offer.text;
    const why = document.createElement("span");
    why.className = `tag${offer.origin === "model" ? " tag--machine" : ""}`;
    why.dir = document.documentElement.dir || "ltr";
    why.textContent = offer.reason;
    button.append(text, why);
    button.addEventListener("click", () => this.choose(button));
    return button;
  }

  choose(button) {
    const { field } = this;
    field.value = button.querySelector(".line__said").textContent;
    this.close(field);
    field.focus();
    this.take(field);
  }

  close(field = null) {
    clearTimeout(this.timer);
    this.place?.remove();
    this.place = null;
    this.field = field; // one that was answered is not asked again before it is left
  }
}
