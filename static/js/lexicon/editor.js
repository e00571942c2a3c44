// The entry editor: every field saves itself when it is left or three seconds after typing.
// The server answers with the entry as it is now, which is laid over the page without moving
// what is being typed.

import { Idiomorph } from "../../vendor/idiomorph.js";
import { part } from "../api.js";
import { newId } from "../ids.js";
import { gettext as _ } from "../texts.js";
import { showConflicts } from "./conflicts.js";
import { get, write } from "./content.js";
import { fit, keepUnfolded, read, show } from "./fields.js";
import { Members } from "./members.js";
import { Outbox } from "./outbox.js";

const PAUSE = 3000; // milliseconds

export class Editor {
  constructor(pane, list) {
    this.pane = pane;
    this.list = list;
    this.outbox = new Outbox(() => this.say(_("Offline: kept here, trying again"), "offline"));
    this.waiting = new Map();
    this.bases = new Map(); // what a field held when typing in it began, by path
    this.undoable = [];
    pane.addEventListener("input", (event) => this.onInput(event));
    pane.addEventListener("change", (event) => this.onChange(event));
    pane.addEventListener("focusout", (event) => this.onLeave(event));
    pane.addEventListener("click", (event) => this.onClick(event));
    addEventListener("beforeunload", (event) => {
      this.flush();
      if (this.outbox.pending) event.preventDefault();
    });
    new Members(this);
    this.adopt();
    for (const field of pane.querySelectorAll("textarea[data-path], input[data-path]")) {
      if (field.value !== field.defaultValue) this.take(field); // typed before this script was there
    }
  }

  get article() {
    return this.pane.querySelector("#entry");
  }

  get id() {
    return this.article?.dataset.entry;
  }

  get base() {
    return `/${this.article.dataset.slug}/lexicon/${this.id}`;
  }

  adopt() {
    if (!this.article) return;
    this.content = JSON.parse(this.article.dataset.content);
    this.rev = Number(this.article.dataset.rev);
    for (const area of this.pane.querySelectorAll("textarea.value__text")) fit(area);
  }

  /** The sign beside the title. */
  say(state, kind = "") {
    const sign = this.pane.querySelector("#entry-state");
    if (!sign) return;
    sign.textContent = state;
    sign.dataset.kind = kind;
  }

  async open(url, push = true) {
    this.flush();
    await this.outbox.last;
    const answer = await part(url, "entry");
    const html = await answer.text();
    this.pane.querySelector(".pane__title")?.remove();
    this.pane.querySelector(".pane__empty")?.remove();
    this.article?.remove();
    this.pane.insertAdjacentHTML("beforeend", html);
    this.pane.scrollTop = 0;
    this.undoable = [];
    this.bases.clear();
    this.adopt();
    this.list.mark(this.id);
    this.list.root.classList.add("panes--open");
    const title = this.pane.querySelector("h1")?.textContent.trim();
    document.title = document.title.replace(/^.*?( [·–—] )/, `${title}$1`);
    if (push) history.pushState({ entry: this.id }, "", url + location.search);
    this.pane.dispatchEvent(new CustomEvent("entry-open", { bubbles: true }));
  }

  // Typing

  onInput(event) {
    const field = event.target.closest("[data-path]");
    if (!field || field.tagName === "SELECT") return;
    if (field.tagName === "TEXTAREA") fit(field);
    const { path } = field.dataset;
    if (!this.bases.has(path)) this.bases.set(path, get(this.content, JSON.parse(path)) ?? null);
    this.say("…", "typing");
    clearTimeout(this.waiting.get(field));
    this.waiting.set(field, setTimeout(() => this.take(field), PAUSE));
  }

  onChange(event) {
    const field = event.target.closest("[data-path]");
    if (field) this.take(field);
  }

  onLeave(event) {
    const field = event.target.closest("[data-path]");
    if (field && this.waiting.has(field)) this.take(field);
  }

  onClick(event) {
    const link = event.target.closest("[data-open]");
    if (!link) return;
    event.preventDefault();
    this.open(link.getAttribute("href"));
  }

  /** Saves what was typed and waits. */
  flush() {
    for (const field of [...this.waiting.keys()]) this.take(field);
  }

  // Reads one field and saves it if it differs from what is known.
  take(field) {
    clearTimeout(this.waiting.get(field));
    this.waiting.delete(field);
    const path = JSON.parse(field.dataset.path);
    const known = this.bases.has(field.dataset.path);
    const before = known ? this.bases.get(field.dataset.path) : (get(this.content, path) ?? null);
    this.bases.delete(field.dataset.path);
    const after = read(field, before);
    if (JSON.stringify(before) === JSON.stringify(after) || (before === null && after === null)) {
      if (!this.outbox.pending) this.say(_("Saved"));
      return;
    }
    this.save([{ path, before, after }]);
  }

  // Saving

  /** Saves changes; each has a path, the value before and the one after. */
  save(changes) {
    const change = { id: newId("x"), rev: this.rev, changes };
    write(this.content, changes);
    return this.send(`${this.base}/changes`, change, changes);
  }

  send(url, body, changes = []) {
    this.say(_("Saving…"), "saving");
    const entry = this.id;
    return this.outbox.send(
      url,
      body,
      (answer) => this.received(entry, answer),
      (error) => this.refused(error, changes),
    );
  }

  received(entry, answer) {
    if (answer.change) this.undoable.push(answer.change);
    if (answer.row) this.list.refresh(entry, answer.row);
    if (entry === this.id && answer.html && !this.outbox.pending) this.lay(answer.html);
    if (answer.conflicts?.length) this.ask(answer.conflicts);
    else if (!this.outbox.pending && entry === this.id) this.say(_("Saved"));
    if (this.stale && !this.outbox.pending) this.changedElsewhere();
  }

  async refused(error, changes) {
    const found = error.body ?? {};
    if (error.status === 409 && found.conflicts) {
      await this.layFresh();
      this.ask(found.conflicts, changes);
      this.say(_("Conflict: choose below"), "conflict");
      return;
    }
    const problems = found.problems?.map((problem) => problem.what).join(" ");
    this.say(problems || (found.detail ?? error.message), "error");
    const mistaken = error.status === 422 || error.status === 403;
    if (!mistaken) return;
    if (changes.every((change) => change.member)) await this.layFresh();
    else write(this.content, changes.map((change) => ({ ...change, after: change.before }))); // the next try starts from it
  }

  ask(conflicts, changes = []) {
    const keepMine = (found) => {
      const path = found.path ?? [];
      const made = changes.find((change) => change.path.join("/") === path.join("/"));
      this.save([{ ...made, path, before: found.theirs ?? null, after: found.mine ?? null }]);
    };
    showConflicts(this.pane.querySelector("#conflicts"), conflicts, keepMine, () => this.changedElsewhere());
  }

  undoLast() {
    const change = this.undoable.pop();
    if (change) this.undo([change]);
  }

  undo(changes) {
    return this.send(`${this.base}/undo`, { id: newId("x"), undo: changes }).then((answer) => {
      this.undoable.pop();
      return answer;
    });
  }

  // What the server has

  // Lays a fresh copy over the page; the field that has the focus keeps what is typed in it.
  lay(html) {
    const typed = document.activeElement;
    const dirty = new Set(this.waiting.keys());
    const unfoldAgain = keepUnfolded(this.pane);
    Idiomorph.morph(this.article, html, {
      ignoreActiveValue: true,
      callbacks: {
        beforeNodeMorphed: (old) => !(dirty.has(old) && old !== typed),
      },
    });
    unfoldAgain();
    this.adopt();
    for (const field of this.pane.querySelectorAll("[data-path]")) {
      if (field !== typed && !dirty.has(field)) show(field, get(this.content, JSON.parse(field.dataset.path)));
    }
    this.pane.dispatchEvent(new CustomEvent("entry-laid"));
  }

  async layFresh() {
    const answer = await part(this.base, "entry").catch(() => null);
    if (answer) this.lay(await answer.text());
  }

  /** Somebody else saved this entry. */
  async changedElsewhere() {
    if (!this.id) return;
    this.stale = this.outbox.pending > 0; // looked at again when one's own saving has ended
    if (this.stale) return;
    const { id } = this;
    const answer = await part(this.base, "entry").catch(() => null);
    const html = answer && (await answer.text());
    if (!html || id !== this.id) return;
    if (this.outbox.pending) this.stale = true;
    else this.lay(html);
  }
}
