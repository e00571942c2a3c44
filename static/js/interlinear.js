// The interlinear editor: one word at a time is open in a box; everything is saved when it is left.
// The server answers with the line as it is now, which is laid over the page.

import { Idiomorph } from "../vendor/idiomorph.js";
import { post } from "./api.js";
import { openDialog } from "./dialogs.js";
import { newId } from "./ids.js";
import { Box } from "./interlinear/box.js";
import { Translations } from "./interlinear/translations.js";
import { follow, showFaces } from "./live.js";
import { showConflicts } from "./lexicon/conflicts.js";
import { Outbox } from "./lexicon/outbox.js";
import { isTyping } from "./keys.js";
import { say } from "./messages.js";
import { gettext as _ } from "./texts.js";

const PAUSE = 3000; // milliseconds of no typing before a field is saved
const LOADING = 5000; // milliseconds after which a model that is being loaded is asked again, so often:
const TRIES = 8;
const GATHER = 120; // milliseconds in which words whose guesses may have changed are gathered

class TextEditor {
  constructor(root) {
    this.root = root;
    this.setting = JSON.parse(root.dataset.setting);
    this.base = `/${this.setting.slug}/texts/lines`;
    this.outbox = new Outbox(() => this.state(_("Offline: kept here, trying again"), "offline"));
    this.own = new Set(); // changes made here
    this.undoable = [];
    this.waiting = new Map();
    this.gathered = { keys: new Set(), seq: 0, timer: null };
    this.translations = new Translations(root, this.base, (field) => this.takeField(field));
    root.addEventListener("click", (event) => this.onClick(event));
    root.addEventListener("keydown", (event) => this.onKey(event));
    root.addEventListener("input", (event) => this.onInput(event));
    root.addEventListener("change", (event) => this.takeField(event.target));
    root.addEventListener("focusout", (event) => this.takeField(event.target));
    document.addEventListener("pointerdown", (event) => {
      if (this.box && !this.box.column.contains(event.target)) this.leave();
    });
    document.addEventListener("keydown", (event) => this.onPageKey(event));
    addEventListener("beforeunload", (event) => {
      this.leave();
      for (const field of [...this.waiting.keys()]) this.takeField(field);
      if (this.outbox.pending) event.preventDefault();
    });
    document.querySelector("#line-form")?.addEventListener("submit", (event) => this.onLineForm(event));
    document.querySelector("#undo-last")?.addEventListener("click", () => this.undo());
    this.here = new Map();
  }

  state(text, kind = "") {
    const sign = document.querySelector("#text-state");
    sign.textContent = text;
    sign.dataset.kind = kind;
  }

  // Words

  get columns() {
    return [...this.root.querySelectorAll("[data-word]")];
  }

  open(column, from = "start") {
    if (!column || column === this.box?.column) return;
    this.leave();
    const line = column.closest("[data-line]");
    const word = JSON.parse(column.dataset.word);
    const setting = { ...this.setting, base: `${this.base}/${line.dataset.line}`, nameOf: (one) => word.names?.[one.entry] };
    this.box = new Box(column, word, setting, (act, detail) => this.onTold(act, detail));
    this.box.focus(from);
    this.box.check();
    column.scrollIntoView({ block: "nearest" });
    this.tellPosition(line.dataset.line);
  }

  /** Closes the box; what was typed is saved, a guess is not accepted by that. */
  leave({ save = true } = {}) {
    const { box } = this;
    if (!box) return;
    const changed = save && box.touched && box.changed;
    this.box = null;
    if (changed) this.write(box, false);
    box.close();
  }

  onTold(act, detail) {
    const { box } = this;
    const { column } = box;
    const isGuess = box.guess && !box.touched;
    if (act === "close") {
      this.leave({ save: false });
      column.querySelector("[data-gloss]").focus();
    } else if (act === "next" || act === "previous") this.go(column, act === "next" ? 1 : -1);
    else if (act === "take" || act === "choose") {
      this.leave({ save: false });
      const analysis = act === "take" ? detail : detail.id;
      this.toWord(box, { do: act, analysis });
      this.goOn(column);
    } else if (act === "enter" || act === "confirm") {
      this.leave({ save: false });
      if (isGuess) this.toWord(box, { do: "take", analysis: box.guess.analysis });
      else if (box.touched && box.changed) this.write(box, act === "confirm");
      else if (act === "confirm" && box.analysis) this.toWord(box, { do: "confirm" });
      this.goOn(column);
    } else if (act === "language" || act === "reject" || act === "add") {
      const { typed } = box;
      this.leave({ save: false });
      const facts = { language: { language: detail }, reject: { analysis: detail?.id }, add: { typed } }[act];
      this.toWord(box, { do: act, ...facts }).then(() => this.open(document.getElementById(box.word.id)));
    } else this.onWordAct(act, detail, box);
  }

  onWordAct(act, detail, box) {
    const line = box.column.closest("[data-line]").dataset.line;
    const word = box.word.id;
    this.leave({ save: act === "everywhere" || act === "split-line" });
    if (act === "split-word") this.toWord(box, { do: "split", at: detail });
    if (act === "join-word") this.toWord(box, { do: "join" });
    if (act === "split-line") this.toLine(line, { do: "split", word });
    if (act === "everywhere") this.outbox.last.then(() => location.assign(`${this.base}/${line}/words/${word}/everywhere`));
  }

  go(column, step) {
    const next = this.columns[this.columns.indexOf(column) + step];
    if (next) this.open(next, step < 0 ? "end" : "start");
    else this.leave();
    if (!next) column.querySelector("[data-gloss]").focus();
  }

  // To the next word; after the last one of a line to its translation, if that is still empty.
  goOn(column) {
    const line = column.closest("[data-line]");
    const own = [...line.querySelectorAll("[data-word]")];
    const field = line.querySelector("textarea[data-field]");
    if (column === own.at(-1) && field && !field.value) field.focus();
    else this.go(column, 1);
  }

  write(box, confirm) {
    this.toWord(box, { do: "write", typed: box.typed, seen: box.word.analysis ?? null, confirm });
  }

  toWord(box, body) {
    const line = box.column.closest("[data-line]");
    const url = `${this.base}/${line.dataset.line}/words/${box.word.id}?number=${line.value}`;
    return this.send(url, body, line.dataset.line, box.column.dataset.key);
  }

  // Lines

  toLine(line, body) {
    const item = document.getElementById(line);
    return this.send(`${this.base}/${line}?number=${item?.value ?? 1}`, body, line);
  }

  send(url, body, line, key = "") {
    const sent = { id: newId("x"), ...body };
    this.own.add(sent.id);
    this.state(_("Saving…"), "saving");
    return this.outbox.send(url, sent, (answer) => this.received(answer, line, key), (error) => this.refused(error, url, sent, line));
  }

  received(answer, line, key) {
    if (answer.change) this.undoable.push({ change: answer.change, line });
    if (answer.html) this.lay(line, answer.html);
    if (answer.reload) this.reload(answer.new);
    if (!this.outbox.pending) this.state(_("Saved"));
    if (answer.seq && key) this.learnt(key, answer.seq);
    if (answer.conflicts?.length) say(_("Some of it had been changed since and stays as it is."), "info");
  }

  async refused(error, url, body, line) {
    await this.refresh([line]);
    const found = error.body ?? {};
    if (error.status === 409 && found.conflicts?.length) {
      this.state(_("Conflict: choose below"), "conflict");
      this.ask(found.conflicts, url, body, line);
      return;
    }
    const problems = found.problems?.map((problem) => problem.what).join(" ");
    this.state(problems || (found.detail ?? error.message), "error");
    say(problems || (found.detail ?? error.message), "danger");
  }

  ask(conflicts, url, body, line) {
    const item = document.getElementById(line);
    const place = document.createElement("div");
    item.querySelector(".line__body").append(place);
    const mine = () => {
      place.remove();
      const word = url.split("/words/")[1]?.split("?")[0];
      const column = word && document.getElementById(word);
      const seen = column ? (JSON.parse(column.dataset.word).analysis ?? null) : body.seen;
      const changes = body.changes?.map((one) => ({ ...one, before: conflicts.find((found) => found.path.join() === one.path.join())?.theirs ?? one.before }));
      this.send(url, { ...body, id: newId("x"), seen, ...(changes ? { changes } : {}) }, line);
    };
    const theirs = () => {
      place.remove();
      this.state(_("Saved"));
    };
    showConflicts(place, conflicts.slice(0, 1), mine, theirs);
  }

  undo() {
    const last = this.undoable.pop();
    if (!last) return;
    const item = document.getElementById(last.line);
    this.send(`${this.base}/${last.line}/undo?number=${item?.value ?? 1}`, { undo: [last.change] }, last.line).then((answer) => {
      if (answer?.change) this.undoable.pop();
      if (answer) say(_("Undone"));
    });
  }

  // Lays a fresh copy over a line; the open word and the field that has the focus stay.
  lay(line, html) {
    const old = document.getElementById(line);
    if (!old) return;
    const open = this.box?.column;
    Idiomorph.morph(old, html.trim(), {
      ignoreActiveValue: true,
      callbacks: {
        beforeNodeMorphed: (node) => node !== open && !this.waiting.has(node),
        beforeNodeRemoved: (node) => node !== open && node !== this.translations.place,
      },
    });
    for (const field of old.querySelectorAll("textarea[data-field]")) {
      if (field !== document.activeElement && !this.waiting.has(field)) field.value = field.defaultValue;
    }
    this.showHere();
  }

  async refresh(lines, after = 0) {
    const query = new URLSearchParams();
    for (const id of lines) {
      const item = document.getElementById(id);
      if (!item) continue;
      query.append("id", id);
      query.append("number", item.value);
    }
    if (!query.has("id")) return;
    if (after) query.set("after", after);
    const answer = await fetch(`${this.base}?${query}`).catch(() => null);
    if (!answer?.ok) return;
    for (const [id, html] of Object.entries(await answer.json())) this.lay(id, html);
    return answer.headers.has("X-Waiting");
  }

  // The model is being loaded: what it guesses comes when it is there.
  awaitModel(tries = TRIES) {
    setTimeout(async () => {
      const open = this.columns.filter((one) => ["open", "guess"].includes(one.dataset.state));
      const lines = [...new Set(open.map((one) => one.closest("[data-line]").dataset.line))];
      const waits = lines.length && (await this.refresh(lines.slice(0, 40)));
      if (waits && tries > 1) this.awaitModel(tries - 1);
    }, LOADING);
  }

  // A word was confirmed: the same word elsewhere in the page may now have another guess.
  learnt(key, seq) {
    const found = this.gathered;
    found.keys.add(key);
    found.seq = Math.max(found.seq, seq);
    clearTimeout(found.timer);
    found.timer = setTimeout(() => {
      const wanted = this.columns.filter((one) => found.keys.has(one.dataset.key) && ["open", "guess"].includes(one.dataset.state));
      found.keys.clear();
      const lines = [...new Set(wanted.map((one) => one.closest("[data-line]").dataset.line))];
      if (lines.length) this.refresh(lines.slice(0, 60), found.seq);
    }, GATHER);
  }

  async reload(open = "") {
    const answer = await fetch(location.href).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("ol.lines");
    const old = this.root.querySelector("ol.lines");
    if (!fresh || !old) {
      location.reload();
      return;
    }
    const column = this.box?.column;
    Idiomorph.morph(old, fresh, {
      ignoreActiveValue: true,
      callbacks: { beforeNodeMorphed: (node) => node !== column && !this.waiting.has(node), beforeNodeRemoved: (node) => node !== column },
    });
    if (open) this.open(document.getElementById(open)?.querySelector("[data-word]"));
    this.showHere();
  }

  // Fields of a line

  onInput(event) {
    const field = event.target.closest("textarea[data-field]");
    if (!field) return;
    clearTimeout(this.waiting.get(field));
    this.waiting.set(field, setTimeout(() => this.takeField(field), PAUSE));
    this.state("…", "typing");
  }

  takeField(field) {
    if (!field.matches?.("textarea[data-field]")) return;
    clearTimeout(this.waiting.get(field));
    this.waiting.delete(field);
    const before = field.defaultValue || null;
    const after = field.value.trim() || null;
    if (before === after) return;
    field.defaultValue = field.value;
    const path = JSON.parse(field.dataset.field);
    this.toLine(field.closest("[data-line]").dataset.line, { do: "save", changes: [{ path, before, after }] });
  }

  // Clicks and keys

  onClick(event) {
    const act = event.target.closest("[data-line-do]");
    if (act) {
      this.onLineAct(act.dataset.lineDo, act.closest("[data-line]").dataset.line);
      return;
    }
    if (event.target.closest("a, summary, details, .box, textarea, .line__offers")) return;
    this.open(event.target.closest("[data-word]"));
  }

  onKey(event) {
    const field = event.target.closest("textarea[data-field]");
    if (field && event.key === "Enter" && event.ctrlKey && this.translations.takeFirst(field)) event.preventDefault();
    else if (field && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.takeField(field);
      const line = field.closest("[data-line]");
      const fields = [...line.querySelectorAll("textarea[data-field]")];
      const next = fields[fields.indexOf(field) + 1];
      if (next) next.focus();
      else this.open(line.nextElementSibling?.querySelector("[data-word]"));
    } else if (field && event.key === "Escape") field.blur();
  }

  onPageKey(event) {
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) this.undo();
    else if (event.key === "g" && !event.ctrlKey && !event.metaKey && !event.altKey) this.open(this.columns.find((one) => ["open", "guess"].includes(one.dataset.state)) ?? this.columns[0]);
    else if (event.key === "n" && !event.ctrlKey && !event.metaKey && !event.altKey) document.querySelector("#next-line")?.click();
    else return;
    event.preventDefault();
  }

  onLineAct(act, line) {
    this.leave();
    if (act === "join" || act === "delete") this.toLine(line, { do: act }).then(() => act === "delete" && say(_("Line deleted. Ctrl+Z brings it back.")));
    else if (act === "confirm") this.send(`${this.base}/${line}/accept?number=${document.getElementById(line).value}`, {}, line);
    else this.openLineForm(act, line);
  }

  openLineForm(act, line) {
    const form = document.querySelector("#line-form");
    const item = document.getElementById(line);
    form.dataset.act = act;
    form.dataset.line = line;
    const field = form.elements.text;
    field.value = act === "respell" ? (item.querySelector(".line__baseline")?.textContent ?? item.dataset.baseline ?? "") : "";
    document.querySelector("#line-dialog-title").textContent = act === "respell" ? _("Edit the baseline") : _("Add a line");
    form.querySelector("[data-about]").textContent = act === "respell" ? _("Words that stay keep their analyses.") : _("It is split into words by the rules of the project.");
    openDialog(document.querySelector("#line-dialog"));
    field.focus();
  }

  onLineForm(event) {
    event.preventDefault();
    const form = event.target;
    const { act, line } = form.dataset;
    const text = form.elements.text.value.trim();
    form.closest("dialog").close();
    if (text) this.toLine(line, { do: act, text, ws: this.setting.ws });
  }

  // Others

  tellPosition(line) {
    if (line === this.told) return;
    this.told = line;
    post(`/${this.setting.slug}/live/position`, { at: line }).catch(() => {});
  }

  onHere(people) {
    this.people = people;
    this.showHere();
  }

  showHere() {
    for (const place of this.root.querySelectorAll("[data-here]")) {
      const { id } = place.closest(".line");
      showFaces(place, (this.people ?? []).filter((one) => one.at === id), this.setting.user);
    }
  }

  onChange(change) {
    if (this.own.has(change.id)) return;
    if (change.many) {
      this.reload();
      return;
    }
    const ops = change.ops.filter((op) => op.kind === "utterance");
    const moved = ops.some((op) => op.action !== "update" || op.paths.some(([field]) => field === "rank" || field === "text"));
    if (moved) this.reload();
    else this.refresh(ops.map((op) => op.id).filter((id) => document.getElementById(id)));
  }
}

const root = document.querySelector("#text");
const editor = new TextEditor(root);
follow(editor.setting.slug, (message) => {
  if (message.kind === "here") {
    showFaces(document.querySelector("#presence"), message.people, editor.setting.user);
    editor.onHere(message.people);
  }
  if (message.kind === "closed") location.assign("/");
  if (message.kind === "change") editor.onChange(message.change);
});
if (editor.setting.waiting) editor.awaitModel();
root.dataset.ready = "yes";

export { editor };
