// The entry editor: every field saves itself when it is left or three seconds after typing.
// The server answers with the entry as it is now, which is laid over the page without moving
// what is being typed.

import { Idiomorph } from "../../vendor/idiomorph.js";
import { part, post } from "../api.js";
import { newId } from "../ids.js";
import { get, plain, retext } from "./content.js";

const PAUSE = 3000;
const RETRY = 4000;

export class Editor {
  constructor(pane, list) {
    this.pane = pane;
    this.list = list;
    this.queue = Promise.resolve();
    this.waiting = new Map();
    this.bases = new Map(); // what a field held when typing in it began, by path
    this.undoable = [];
    this.pending = 0;
    pane.addEventListener("input", (event) => this.onInput(event));
    pane.addEventListener("change", (event) => this.onChange(event));
    pane.addEventListener("focusout", (event) => this.onLeave(event));
    pane.addEventListener("click", (event) => this.onClick(event));
    addEventListener("beforeunload", (event) => {
      this.flush();
      if (this.pending) event.preventDefault();
    });
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

  say(state, kind = "") {
    const sign = this.pane.querySelector("#entry-state");
    if (!sign) return;
    sign.textContent = state;
    sign.dataset.kind = kind;
  }

  async open(url, push = true) {
    this.flush();
    await this.queue;
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
    if (event.target.matches("[data-item-in]")) this.addItem(event.target);
    if (event.target.matches("input[type=file]")) this.sendFile(event.target);
  }

  onLeave(event) {
    const field = event.target.closest("[data-path]");
    if (field && this.waiting.has(field)) this.take(field);
  }

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
      if (!this.pending) this.say("Saved");
      return;
    }
    this.save([{ path, before, after }]);
  }

  save(changes) {
    const change = { id: newId("x"), rev: this.rev, changes };
    write(this.content, changes);
    return this.send(`${this.base}/changes`, change, changes);
  }

  // One request at a time; a lost network is tried again with the same id until it is back.
  send(url, body, changes = []) {
    this.pending += 1;
    this.say("Saving…", "saving");
    const entry = this.id;
    this.queue = this.queue.then(async () => {
      for (;;) {
        try {
          const answer = await post(url, body);
          this.pending -= 1;
          this.received(entry, answer);
          return answer;
        } catch (error) {
          if (error.status === undefined || error.status >= 502) {
            this.say("Offline: kept here, trying again", "offline");
            await new Promise((go) => setTimeout(go, RETRY));
            continue;
          }
          this.pending -= 1;
          await this.refused(entry, error, changes);
          return null;
        }
      }
    });
    return this.queue;
  }

  received(entry, answer) {
    if (answer.change) this.undoable.push(answer.change);
    if (answer.row) this.list.refresh(entry, answer.row);
    if (entry === this.id && answer.html && !this.pending) this.lay(answer.html);
    if (answer.conflicts?.length) this.showConflicts(answer.conflicts);
    else if (!this.pending && entry === this.id) this.say("Saved");
    if (this.stale && !this.pending) this.changedElsewhere();
  }

  // Lays a fresh copy over the page; the field that has the focus keeps what is typed in it.
  lay(html) {
    const typed = document.activeElement;
    const dirty = new Set(this.waiting.keys());
    const open = new Set([...this.pane.querySelectorAll("[data-folded]:not([hidden])")].map((one) => foldKey(one)));
    Idiomorph.morph(this.article, html, {
      ignoreActiveValue: true,
      callbacks: {
        beforeNodeMorphed: (old) => !(dirty.has(old) && old !== typed),
      },
    });
    for (const one of this.pane.querySelectorAll("[data-folded]")) if (open.has(foldKey(one))) one.hidden = false;
    this.adopt();
    for (const field of this.pane.querySelectorAll("[data-path]")) {
      if (field !== typed && !dirty.has(field)) show(field, get(this.content, JSON.parse(field.dataset.path)));
    }
  }

  // Somebody else saved this entry.
  async changedElsewhere() {
    if (!this.id) return;
    this.stale = this.pending > 0; // looked at again when one's own saving has ended
    if (this.stale) return;
    const { id } = this;
    const answer = await part(this.base, "entry").catch(() => null);
    const html = answer && (await answer.text());
    if (!html || id !== this.id) return;
    if (this.pending) this.stale = true;
    else this.lay(html);
  }

  async refused(entry, error, changes) {
    const found = error.body ?? {};
    if (error.status === 409 && found.conflicts) {
      const answer = await part(this.base, "entry").catch(() => null);
      if (answer) this.lay(await answer.text());
      this.showConflicts(found.conflicts, changes);
      this.say("Conflict: choose below", "conflict");
      return;
    }
    this.say(found.detail ?? error.message, "error");
    if (error.status === 422 || error.status === 403) {
      const answer = await part(this.base, "entry").catch(() => null);
      if (answer && changes.every((change) => change.member)) this.lay(await answer.text());
    }
  }

  showConflicts(conflicts, changes = []) {
    const place = this.pane.querySelector("#conflicts");
    place.replaceChildren();
    for (const found of conflicts) {
      const box = document.createElement("div");
      box.className = "conflict";
      box.setAttribute("role", "alert");
      const path = found.path ?? [];
      const made = changes.find((change) => change.path.join("/") === path.join("/"));
      const label = document.createElement("p");
      label.textContent = `${found.label ?? path.join(" › ")}: somebody else changed the same field.`;
      box.append(
        label,
        this.choice("Keep mine", found.mine, () => this.save([{ ...made, path, before: found.theirs ?? null, after: found.mine ?? null }])),
        this.choice("Keep theirs", found.theirs, () => this.changedElsewhere()),
      );
      place.append(box);
    }
  }

  choice(label, value, act) {
    const line = document.createElement("p");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--s";
    button.textContent = label;
    button.addEventListener("click", () => {
      line.parentElement.remove();
      act();
    });
    const text = document.createElement("span");
    text.className = "data";
    text.dir = "auto";
    text.textContent = plain(value) || (value ? JSON.stringify(value) : "(empty)");
    line.append(button, text);
    return line;
  }

  onClick(event) {
    const button = event.target.closest("button, a");
    if (!button) return;
    const data = button.dataset;
    if (data.unfold) this.unfold(button);
    else if (data.add) this.addMember(button);
    else if (data.own) this.addOwn(button);
    else if (data.remove !== undefined) this.removeMember(button);
    else if (data.move) this.moveMember(button, Number(data.move));
    else if (data.itemOut) this.removeItem(button);
    else if (data.unrelate) this.send(`${this.base}/relations/${data.unrelate}/delete`, { id: newId("x") });
    else if (data.open) {
      event.preventDefault();
      this.open(button.getAttribute("href"));
    }
  }

  unfold(button) {
    const level = button.closest(".adds");
    let field = level.nextElementSibling;
    while (field && field.dataset.folded !== button.dataset.unfold) field = field.nextElementSibling;
    if (!field) return;
    field.hidden = false;
    button.hidden = true;
    field.querySelector("textarea, input, select")?.focus();
  }

  addMember(button) {
    const path = [...JSON.parse(button.closest(".adds").dataset.at), button.dataset.add];
    if (button.dataset.level === "picture" || button.dataset.level === "media") {
      this.chooseFile(path, button.dataset.letter);
      return;
    }
    this.insert(path, { id: newId(button.dataset.letter), ...start(button.dataset.level) });
  }

  insert(path, member) {
    const list = get(this.content, path) ?? [];
    const left = list.at(-1)?.id ?? null;
    const change = { path: [...path, member.id], before: null, after: member, member: true, left, right: null };
    this.save([change]).then(() => {
      this.pane.querySelector(`#m-${member.id}`)?.querySelector("textarea, select, input")?.focus();
    });
  }

  addOwn(button) {
    const at = JSON.parse(button.closest(".adds").dataset.at);
    const listed = !["text", "multitext"].includes(button.dataset.kind);
    if (listed) this.insert([...at, "traits"], { id: newId("t"), name: button.dataset.own, value: "" });
    else this.insert([...at, "fields"], { id: newId("o"), type: button.dataset.own });
  }

  removeMember(button) {
    const path = JSON.parse(button.closest("[data-member]").dataset.member);
    const list = get(this.content, path.slice(0, -1));
    const at = list.findIndex((one) => one.id === path.at(-1));
    this.flush();
    this.save([{
      path, before: list[at], after: null, member: true,
      left: list[at - 1]?.id ?? null, right: list[at + 1]?.id ?? null,
    }]);
  }

  moveMember(button, by) {
    const path = JSON.parse(button.closest("[data-member]").dataset.member);
    const before = get(this.content, path.slice(0, -1)).map((one) => one.id);
    const after = [...before];
    const at = after.indexOf(path.at(-1));
    after.splice(at, 1);
    after.splice(at + by, 0, path.at(-1));
    this.flush();
    this.save([{ path: [...path.slice(0, -1), "#"], before, after }]).then(() => {
      this.pane.querySelector(`#m-${path.at(-1)} [data-move="${by}"]`)?.focus();
    });
  }

  addItem(input) {
    const holder = input.closest("[data-items]");
    const option = [...(input.list?.options ?? [])].find((one) => one.value === input.value.trim());
    if (!option) return;
    const path = JSON.parse(holder.dataset.items);
    const before = get(this.content, path) ?? null;
    input.value = "";
    if (!before?.includes(option.dataset.id)) this.save([{ path, before, after: [...(before ?? []), option.dataset.id] }]);
  }

  removeItem(button) {
    const path = JSON.parse(button.closest("[data-items]").dataset.items);
    const before = get(this.content, path) ?? [];
    const after = before.filter((one) => one !== button.dataset.itemOut);
    this.save([{ path, before, after: after.length ? after : null }]);
  }

  chooseFile(path, letter) {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = path.at(-1) === "pictures" ? "image/*" : "audio/*,video/*";
    input.addEventListener("change", async () => {
      const form = new FormData();
      form.append("file", input.files[0]);
      this.say("Sending the file…", "saving");
      try {
        const kept = await post(`/${this.article.dataset.slug}/files`, form);
        this.insert(path, { id: newId(letter), href: kept.href, file: kept.id });
      } catch (error) {
        this.say(error.body?.detail ?? error.message, "error");
      }
    });
    input.click();
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
}

function start(level) {
  return level === "example" ? { translations: [{ id: newId("t") }] } : {};
}

function foldKey(field) {
  return `${field.previousElementSibling?.closest("[data-member]")?.id ?? ""}/${field.dataset.folded}`;
}

function read(field, before) {
  const value = field.value;
  if (field.tagName === "TEXTAREA") return typeof before === "object" && before ? retext(before, value) : value || null;
  if (field.dataset.kind === "number") return value === "" ? null : Number(value);
  if (field.dataset.kind === "words") {
    const words = value.split(/\s+/).filter(Boolean);
    return words.length ? words : null;
  }
  return value || null;
}

function show(field, value) {
  const text = Array.isArray(value) ? value.join(" ") : typeof value === "number" ? String(value) : plain(value);
  if (field.value !== text) {
    field.value = text;
    if (field.tagName === "TEXTAREA") fit(field);
  }
}

// What was typed is known here at once, so that the next change starts from it.
function write(content, changes) {
  for (const change of changes) {
    const parent = get(content, change.path.slice(0, -1));
    const key = change.path.at(-1);
    if (!change.member && key !== "#" && parent && !Array.isArray(parent)) parent[key] = change.after;
    else if (!change.member && key !== "#" && !parent) {
      const above = get(content, change.path.slice(0, -2));
      if (above && !Array.isArray(above)) above[change.path.at(-2)] = { [key]: change.after };
    }
  }
}

function fit(area) {
  area.style.blockSize = "auto";
  area.style.blockSize = `${area.scrollHeight}px`;
}
