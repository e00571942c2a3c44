// The box in which one word is glossed: its morphs, entries, glosses and categories in cells, the
// analyses that it may have below them. It only knows the word; saving is the editor's.

import { post } from "../api.js";
import { gettext as _ } from "../texts.js";
import { SensePicker } from "./senses.js";
import { atStart, element, fit, focus, input } from "./fields.js";
import { anyGloss, apart, cellsOf, glossed, glossesOf, handOut, join, same, split, typed, written } from "./morphs.js";

const PAUSE = 300; // milliseconds of no typing before the checks
const SIGNS = new Set(["-", "=", "~"]);

export class Box {
  /**
   * @param column the word's item of the list.
   * @param word what the page knows of it: id, form, analysis, rivals, offers.
   * @param setting ws, glossed (languages of glosses), tag, direction, categories, base (address of the line).
   */
  constructor(column, word, setting, tell) {
    Object.assign(this, { column, word, setting, tell });
    this.codes = setting.glossed.map((one) => one.id);
    this.offers = [...(word.offers ?? [])];
    this.guess = word.analysis ? null : (this.offers[0] ?? null);
    this.load(word.analysis ?? this.guess?.analysis ?? null);
    this.active = -1;
    this.build();
    this.fetchChoices();
    if (setting.guesses_language && setting.languages.length && !word.language) this.fetchLanguage();
  }

  load(analysis) {
    this.analysis = analysis;
    this.cells = cellsOf(analysis, this.word.form, this.setting.ws, this.codes);
    this.whole = { glosses: glossesOf(analysis?.gloss, this.codes), pos: analysis?.pos ?? "" };
    this.asLoaded = JSON.stringify([this.cells, this.whole]);
  }

  get changed() {
    this.read();
    return JSON.stringify([this.cells, this.whole]) !== this.asLoaded;
  }

  /** What was typed, as the server takes it. */
  get typed() {
    this.read();
    const said = this.cells.filter((one) => one.form || anyGloss(one) || one.entry);
    const morphs = typed(said, this.setting.ws);
    const made = { morphs, gloss: glossed(this.analysis?.gloss, this.whole.glosses), pos: this.whole.pos || null };
    if (this.guess) for (const morph of made.morphs) delete morph.id;
    return made;
  }

  // The page

  build() {
    this.root = document.createElement("div");
    this.root.className = "box";
    this.root.dir = document.documentElement.dir || "ltr";
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", _("Gloss %(word)s", { word: this.word.form }));
    this.column.classList.add("igt__word--open");
    this.column.append(this.root);
    this.root.addEventListener("keydown", (event) => this.onKey(event));
    this.root.addEventListener("input", (event) => this.onInput(event));
    this.root.addEventListener("paste", (event) => this.onPaste(event));
    this.root.addEventListener("click", (event) => this.onClick(event));
    this.draw();
  }

  draw() {
    const table = element("table", "box__cells");
    const { tag, direction } = this.setting;
    table.dir = direction;
    const row = (label, make) => {
      const line = element("tr");
      const head = element("th", "", label);
      head.scope = "row";
      line.append(head, ...this.cells.map((one, place) => {
        const place_ = element("td");
        place_.append(...[make(one, place)].flat());
        return place_;
      }));
      table.append(line);
    };
    const spelling = element("tr");
    const name = element("th", "", _("Word"));
    name.scope = "row";
    const wide = element("td");
    wide.colSpan = Math.max(1, this.cells.length);
    this.spelling = input("data box__input", this.word.form, _("Word"), { part: "word", lang: tag, dir: direction });
    wide.append(this.spelling);
    if (this.setting.languages.length) wide.append(this.languages());
    if (this.proposed) wide.append(this.proposal());
    spelling.append(name, wide);
    table.append(spelling);
    row(_("Morphs"), (one, place) => [
      element("span", "box__join", place ? (one.left === "<>" ? "⟨⟩" : one.left) : one.left),
      input("data box__input", one.form, _("Morph %(n)s", { n: place + 1 }), { part: "form", place, lang: tag, dir: direction }),
    ]);
    row(_("Entries"), (one, place) => (one.entry ? [this.entryButton(one, place), this.entryLink(one)] : this.entryButton(one, place)));
    for (const language of this.setting.glossed) {
      row(this.named(_("Glosses"), language), (one, place) => {
        const label = this.named(_("Gloss of %(morph)s", { morph: one.form || place + 1 }), language);
        return input("box__input", one.glosses[language.id] ?? "", label, { part: "gloss", place, language });
      });
    }
    row(_("Categories"), (one, place) => this.category(one.pos, _("Category of %(morph)s", { morph: one.form || place + 1 }), place));
    const last = element("tr");
    const head = element("th", "", _("Whole word"));
    head.scope = "row";
    const both = element("td");
    both.colSpan = Math.max(1, this.cells.length);
    const pair = element("div", "box__whole");
    for (const language of this.setting.glossed) {
      pair.append(input("box__input", this.whole.glosses[language.id], this.named(_("Gloss of the whole word"), language), { part: "whole", language }));
    }
    pair.append(this.category(this.whole.pos, _("Category of the whole word"), -1));
    both.append(pair);
    last.append(head, both);
    table.append(last);
    this.warnings ??= element("ul", "box__warnings");
    this.warnings.setAttribute("role", "status");
    this.list ??= this.makeList();
    this.foot ??= this.makeFoot();
    this.root.replaceChildren(table, this.warnings, this.list, this.foot);
    this.root.classList.toggle("box--guess", this.guess !== null && !this.touched);
    for (const one of table.querySelectorAll("input")) fit(one);
    this.place();
  }

  // Which language a label is about, where there are several.
  named(label, language) {
    return this.setting.glossed.length > 1 ? `${label} (${language.name})` : label;
  }

  makeList() {
    const list = element("div", "box__choices");
    list.setAttribute("role", "listbox");
    list.id = `choices-${this.word.id}`;
    list.setAttribute("aria-label", _("Analyses"));
    return list;
  }

  makeFoot() {
    const foot = element("p", "box__foot");
    const button = (text, act, keys = "") => {
      const made = element("button", "linklike", text);
      made.type = "button";
      made.dataset.act = act;
      if (keys) made.append(" ", element("kbd", "", keys));
      return made;
    };
    foot.append(
      button(_("Confirm"), "confirm", "Ctrl ⏎"),
      button(_("Add beside the chosen one"), "add"),
      button(_("Everywhere…"), "everywhere"),
      button(_("New line from here"), "split-line"),
      button(_("Join to the word before"), "join-word"),
      button(_("Close"), "close", "Esc"),
    );
    return foot;
  }

  entryButton(one, place) {
    const button = element("button", one.entry ? "box__entry data" : "box__entry quiet", one.name ?? this.setting.nameOf(one) ?? (one.entry ? _("linked") : _("link")));
    button.type = "button";
    button.dataset.part = "entry";
    button.dataset.place = place;
    button.setAttribute("aria-label", _("Entry of %(morph)s: %(entry)s", { morph: one.form || place + 1, entry: button.textContent }));
    button.setAttribute("aria-haspopup", "listbox");
    return button;
  }

  // Of which language the word is, if it is borrowed or quoted.
  languages() {
    const select = element("select", "box__input box__select");
    select.setAttribute("aria-label", _("Language of the word"));
    select.dataset.part = "language";
    select.append(new Option(_("own language"), ""), ...this.setting.languages.map((one) => new Option(one.name, one.id)));
    select.value = this.word.language ?? "";
    select.addEventListener("change", () => this.tell("language", select.value));
    return select;
  }

  // What a model takes the word for; a press says so.
  proposal() {
    const { value, shown, reason } = this.proposed;
    const button = element("button", "linklike box__proposal", _("%(language)s?", { language: shown }));
    button.type = "button";
    button.setAttribute("aria-label", _("Language of the word: %(language)s (%(reason)s)", { language: shown, reason }));
    button.title = reason;
    button.append(" ", element("span", "box__reason", reason));
    button.addEventListener("click", () => this.tell("language", value));
    return button;
  }

  entryLink(one) {
    const link = element("a", "box__go", "↗");
    link.href = `/${this.setting.slug}/lexicon/${one.entry}`;
    link.tabIndex = -1;
    link.setAttribute("aria-label", _("Open the entry in the lexicon"));
    link.title = _("Open the entry in the lexicon");
    return link;
  }

  category(value, label, place) {
    const select = element("select", "box__input box__select");
    select.setAttribute("aria-label", label);
    select.dataset.part = place < 0 ? "whole-pos" : "pos";
    select.dataset.place = place;
    select.append(new Option("–", ""), ...this.setting.categories.map((one) => new Option(one.name, one.id)));
    select.value = value;
    return select;
  }

  /** Keeps the box inside the page. */
  place() {
    this.root.style.setProperty("--shift", "0px");
    const box = this.root.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    const over = Math.max(0, box.right - width + 8);
    const under = Math.max(0, 8 - box.left); // at the edge where a line begins it comes first
    this.root.style.setProperty("--shift", `${under - over}px`);
  }

  // Typing

  read() {
    for (const field of this.root.querySelectorAll("[data-part]")) {
      const { part } = field.dataset;
      const one = this.cells[Number(field.dataset.place)];
      if (part === "form" || part === "pos") one[part] = field.value;
      if (part === "gloss") one.glosses = { ...one.glosses, [field.dataset.ws]: field.value };
      if (part === "whole") this.whole.glosses[field.dataset.ws] = field.value;
      if (part === "whole-pos") this.whole.pos = field.value;
    }
  }

  onInput(event) {
    const { part, place } = event.target.dataset;
    this.touched = true;
    this.root.classList.remove("box--guess");
    if (event.target.tagName === "INPUT") fit(event.target);
    this.read();
    if (part === "word" && /\s/.test(event.target.value)) {
      const at = event.target.value.search(/\s/);
      if (at > 0 && at < event.target.value.length - 1) this.tell("split-word", [...event.target.value.slice(0, at)].length);
      return;
    }
    if (part === "form" && event.target.value.includes(">")) {
      const made = apart(this.cells, Number(place));
      if (made) this.redraw(made, Number(place), "form", "end");
    }
    if (part === "form") {
      const one = this.cells[Number(place)];
      if (one.entry && !event.isComposing) Object.assign(one, { allomorph: "" });
    }
    this.checkSoon();
  }

  onPaste(event) {
    const field = event.target.closest("input[data-place]");
    const text = event.clipboardData?.getData("text/plain").trim() ?? "";
    if (!field || !/[-=~<]/.test(text)) return;
    const { part } = field.dataset;
    const place = Number(field.dataset.place);
    this.read();
    let made = null;
    if (part === "gloss") made = handOut(this.cells, place, text, field.dataset.ws);
    if (part === "form") {
      const trial = this.cells.map((one, n) => (n === place ? { ...one, form: field.value.slice(0, field.selectionStart) + text + field.value.slice(field.selectionEnd) } : one));
      made = apart(trial, place);
    }
    if (!made) return;
    event.preventDefault();
    this.touched = true;
    this.redraw(made, place, part, "end", field.dataset.ws);
    this.checkSoon();
  }

  onKey(event) {
    if (this.picker?.isOpen) return;
    const { part } = event.target.dataset;
    const place = Number(event.target.dataset.place);
    const plainKey = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "Escape") this.tell("close");
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.tell("confirm");
    else if (event.key === "Enter" && part === "entry") return;
    else if (event.key === "Enter" && event.target.dataset.act) return;
    else if (event.key === "Enter") this.active >= 0 ? this.pick(this.active) : this.tell("enter");
    else if (event.key === "Tab") {
      if (!this.tab(event.target, event.shiftKey ? -1 : 1)) return;
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.tagName === "INPUT") this.move(event.key === "ArrowDown" ? 1 : -1);
    else if (part === "form" && plainKey && SIGNS.has(event.key)) this.splitHere(event.target, place, event.key);
    else if (part === "gloss" && plainKey && SIGNS.has(event.key) && this.nextGloss(event.target, place, event.key)) ; // moved on
    else if (event.altKey && event.key === "-" && event.target.tagName === "INPUT") event.target.setRangeText("-", event.target.selectionStart, event.target.selectionEnd, "end");
    else if (event.key === "Backspace" && plainKey && atStart(event.target) && part === "form" && place > 0) this.joinHere(place);
    else if (event.key === "Backspace" && plainKey && atStart(event.target) && part === "form" && this.cells[0].left) {
      this.read();
      this.redraw(this.cells.map((one, n) => (n ? one : { ...one, left: "" })), 0, "form", 0);
    } else if (event.key === "Backspace" && plainKey && atStart(event.target) && part === "word") this.tell("join-word");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Tab goes on inside the box; at its ends to the word beside it. */
  tab(from, step) {
    const stops = [...this.root.querySelectorAll(".box__cells [data-part]")];
    const next = stops.indexOf(from) + step;
    if (stops.indexOf(from) < 0) return false;
    if (next < 0 || next >= stops.length) this.tell(step < 0 ? "previous" : "next");
    else focus(stops[next]);
    return true;
  }

  splitHere(field, place, sign) {
    this.read();
    const at = field.selectionStart;
    if (place === 0 && at === 0 && sign !== "~") {
      this.redraw(this.cells.map((one, n) => (n ? one : { ...one, left: sign })), 0, "form", 0);
    } else this.redraw(split(this.cells, place, at, sign), place + 1, "form", 0);
    this.touched = true;
    this.checkSoon();
  }

  joinHere(place) {
    this.read();
    const at = this.cells[place - 1].form.length;
    this.redraw(join(this.cells, place), place - 1, "form", at);
    this.touched = true;
    this.checkSoon();
  }

  // A sign at the end of a gloss leads to that of the next morph, if it is joined so.
  nextGloss(field, place, sign) {
    const next = this.cells[place + 1];
    if (!next || next.left !== sign || field.selectionStart !== field.value.length) return false;
    focus(this.field("gloss", place + 1, field.dataset.ws));
    return true;
  }

  redraw(cells, place, part, at, language) {
    this.cells = cells;
    this.draw();
    const field = this.field(part, place, language);
    focus(field);
    const end = at === "end" ? field.value.length : at;
    field.setSelectionRange?.(end, end);
  }

  field(part, place, language) {
    const of = language ? `[data-ws="${CSS.escape(language)}"]` : "";
    return this.root.querySelector(`[data-part="${part}"][data-place="${place}"]${of}`);
  }

  /** Puts the focus where one goes on typing. */
  focus(from = "start") {
    const stops = [...this.root.querySelectorAll(".box__cells [data-part]")];
    if (from === "end") return focus(stops.at(-1));
    const unglossed = this.cells.findIndex((one) => one.form && !one.glosses[this.codes[0]]);
    if (!this.analysis) return focus(this.field("form", 0));
    return focus(this.field("gloss", Math.max(0, unglossed)));
  }

  // Checks

  checkSoon() {
    clearTimeout(this.checking);
    this.checking = setTimeout(() => this.check(), PAUSE);
  }

  async check() {
    const one = (language) => written(this.cells, language).replace(/\s+/g, "."); // a cell is one gloss
    const languages = this.codes.filter((code) => this.cells.some((one) => one.glosses[code]));
    const asked = languages.map((code) => ({ form: one(null), gloss: one(code) }));
    const answers = await Promise.all(asked.map((body) => post(`/${this.setting.slug}/texts/check`, body).catch(() => [])));
    if (!this.root.isConnected) return null;
    const found = [...new Set(answers.flat())];
    this.warnings.replaceChildren(...found.map((what) => element("li", "", what)));
    return found;
  }

  // Analyses to choose from

  async fetchChoices() {
    this.show();
    const answer = await fetch(`${this.setting.base}/words/${this.word.id}/choices`).catch(() => null);
    if (!answer?.ok || !this.root.isConnected) return;
    const found = new Map();
    for (const one of [...(await answer.json()), ...this.offers]) {
      const line = this.line(one.analysis);
      if (!found.has(line)) found.set(line, one);
    }
    if (!this.root.isConnected) return;
    this.offers = [...found.values()];
    if (!this.word.analysis && !this.touched && this.offers.length) this.guessAgain(this.offers[0]);
    this.show();
  }

  async fetchLanguage() {
    const answer = await fetch(`${this.setting.base}/words/${this.word.id}/language`).catch(() => null);
    this.proposed = answer?.ok ? await answer.json() : null;
    if (!this.proposed || !this.root.isConnected) return;
    this.root.querySelector('[data-part="language"]')?.after(this.proposal());
  }

  // What was learnt since the page was made may say something else.
  guessAgain(best) {
    if (this.guess && this.line(this.guess.analysis) === this.line(best.analysis)) return;
    this.read();
    if (JSON.stringify([this.cells, this.whole]) !== this.asLoaded) return;
    this.guess = best;
    this.load(best.analysis);
    const had = document.activeElement.dataset?.part;
    this.draw();
    if (had) this.focus();
  }

  line(analysis) {
    const codes = [...new Set([...this.codes, ...(analysis.morphs ?? [analysis]).flatMap((one) => Object.keys(one.gloss ?? {}))])];
    const cells = cellsOf(analysis, this.word.form, this.setting.ws, codes);
    const glossedIn = codes.find((code) => cells.some((one) => one.glosses[code]));
    const whole = Object.values(glossesOf(analysis.gloss, codes)).find(Boolean);
    return `${written(cells)}\u0000${glossedIn || !whole ? written(cells, glossedIn ?? "") : whole}`;
  }

  show() {
    const rivals = (this.word.rivals ?? []).map((analysis) => ({ analysis, rival: true, reason: _("also analysed so here") }));
    const now = this.word.analysis ? this.line(this.word.analysis) : null;
    this.choices = [...rivals, ...this.offers.filter((one) => this.line(one.analysis) !== now)].slice(0, 12);
    this.list.replaceChildren(...this.choices.map((one, place) => {
      const [form, gloss] = this.line(one.analysis).split("\u0000");
      const item = element("div", "box__choice");
      item.setAttribute("role", "option");
      item.id = `${this.list.id}-${place}`;
      item.dataset.choice = place;
      const said = element("span", "data", form);
      said.lang = this.setting.tag;
      said.dir = this.setting.direction;
      item.append(said, element("span", "box__told", gloss), element("span", "box__reason", one.reason ?? ""));
      if (one.rival) item.append(this.rejecting(one.analysis, form));
      return item;
    }));
    this.list.hidden = !this.choices.length;
    this.place();
  }

  rejecting(analysis, form) {
    const button = element("button", "linklike box__reject", "×");
    button.type = "button";
    button.setAttribute("aria-label", _("Delete the analysis %(form)s", { form }));
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      this.tell("reject", analysis);
    });
    return button;
  }

  move(step) {
    if (!this.choices.length) return;
    this.active = (this.active + step + this.choices.length + (this.active < 0 && step < 0 ? 1 : 0)) % this.choices.length;
    for (const item of this.list.children) item.setAttribute("aria-selected", String(Number(item.dataset.choice) === this.active));
    const chosen = this.list.children[this.active];
    chosen.scrollIntoView({ block: "nearest" });
    document.activeElement.setAttribute("aria-controls", this.list.id);
    document.activeElement.setAttribute("aria-activedescendant", chosen.id);
  }

  pick(place) {
    const one = this.choices[place];
    this.tell(one.rival ? "choose" : "take", one.analysis);
  }

  onClick(event) {
    const item = event.target.closest("[data-choice]");
    const act = event.target.closest("[data-act]")?.dataset.act;
    const entry = event.target.closest('[data-part="entry"]');
    if (item) this.pick(Number(item.dataset.choice));
    else if (act) this.tell(act);
    else if (entry) this.openSenses(entry);
  }

  openSenses(button) {
    this.read();
    const place = Number(button.dataset.place);
    const one = this.cells[place];
    const right = this.cells[place + 1]?.left ?? one.right;
    this.picker = new SensePicker(button, { ...one, right }, this.setting, (choice) => {
      if (choice) this.adopt(place, choice);
      this.field("entry", place)?.focus();
    });
  }

  adopt(place, choice) {
    const one = this.cells[place];
    const said = Object.entries(glossesOf(choice.gloss, this.codes)).filter(([, text]) => text);
    Object.assign(one, { entry: choice.entry, sense: choice.sense ?? "", allomorph: choice.allomorph ?? "", name: choice.name });
    one.glosses = { ...one.glosses, ...Object.fromEntries(said) };
    if (choice.pos) one.pos = choice.pos;
    this.touched = true;
    this.draw();
    this.checkSoon();
  }

  close() {
    clearTimeout(this.checking);
    this.picker?.close();
    this.root.remove();
    this.column.classList.remove("igt__word--open");
  }
}

export { same };
