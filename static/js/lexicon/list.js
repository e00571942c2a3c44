// The list of entries: scrolls through the whole lexicon by placing stretches of 100 rows where
// they belong; with a filter it goes on where the last row ended. Rows come from the server.

import { gettext as _, ngettext } from "../texts.js";

const STRETCH = 100;

export class EntryList {
  constructor(root) {
    this.root = root;
    this.scroll = root.querySelector("#scroll");
    this.rows = root.querySelector("#rows");
    this.count = root.querySelector("#count");
    this.filters = root.querySelector("#filters");
    this.letters = root.querySelector("#letters");
    this.rowHeight = Number(root.dataset.row);
    this.total = Number(root.dataset.total);
    this.loading = new Map();
    this.typing = null;
    this.turn = 0;
    this.rows.style.setProperty("--row", `${this.rowHeight}px`);
    if (this.isAll()) this.spread(Number(root.dataset.first));
    else this.append = true;
    this.scroll.addEventListener("scroll", () => this.onScroll(), { passive: true });
    this.filters.addEventListener("input", () => this.onType());
    this.filters.addEventListener("submit", (event) => {
      event.preventDefault();
      this.search();
    });
    this.letters?.addEventListener("click", (event) => this.onLetter(event));
    root.querySelector("#filter-button").addEventListener("click", (event) => this.onFilterButton(event));
    this.mark(root.querySelector("#entry")?.dataset.entry);
    const typed = this.filters.querySelector("#q"); // before this script was there
    if (typed.value !== typed.defaultValue) this.search();
  }

  parameters() {
    const found = new URLSearchParams(new FormData(this.filters));
    for (const [key, value] of [...found]) if (!value) found.delete(key);
    if (found.get("mode") === "start") found.delete("mode");
    return found;
  }

  isAll() {
    const found = this.parameters();
    return ["q", "pos", "domains", "status", "missing"].every((key) => !found.get(key));
  }

  // Places the rows that came with the page, and makes room for all the others.
  spread(first) {
    this.append = false;
    this.rows.classList.add("rows--placed");
    this.rows.style.blockSize = `${this.total * this.rowHeight}px`;
    this.stretches = new Map();
    const items = [...this.rows.children];
    items.forEach((item, place) => this.put(item, first + place));
    for (let at = first; at < first + items.length; at += 1) this.stretches.set(at, true);
    if (first) this.scroll.scrollTop = first * this.rowHeight;
    this.onScroll();
  }

  put(item, place) {
    item.style.insetBlockStart = `${place * this.rowHeight}px`;
    item.dataset.place = place;
  }

  onScroll() {
    if (this.append) {
      const left = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight;
      if (left < 1200 && this.more) this.fetchMore();
      return;
    }
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / this.rowHeight) - 10);
    const last = Math.min(this.total - 1, first + Math.ceil(this.scroll.clientHeight / this.rowHeight) + 20);
    this.markLetter(Math.round(this.scroll.scrollTop / this.rowHeight));
    for (let start = first - (first % STRETCH); start <= last; start += STRETCH) {
      const missing = [first, last].map((at) => Math.min(Math.max(at, start), start + STRETCH - 1));
      if (missing.some((at) => at < this.total && !this.stretches.has(at))) this.fetchStretch(start);
    }
  }

  async fetchStretch(start) {
    if (this.loading.has(start)) return;
    this.loading.set(start, true);
    const turn = this.turn;
    try {
      const answer = await fetch(`${this.root.dataset.rows}?at=${start}`);
      const html = await answer.text();
      if (!answer.ok || turn !== this.turn) return;
      const holder = document.createElement("template");
      holder.innerHTML = html;
      for (const old of [...this.rows.children]) {
        const place = Number(old.dataset.place);
        const far = Math.abs(place - start) > 12 * STRETCH;
        if (far) this.stretches.delete(place);
        if (far || (place >= start && place < start + STRETCH)) old.remove();
      }
      [...holder.content.querySelectorAll(".entry-row")].forEach((item, index) => {
        this.put(item, start + index);
        this.stretches.set(start + index, true);
        this.insert(item);
      });
      this.mark(this.marked);
    } finally {
      this.loading.delete(start);
    }
  }

  // In the order of the list, so that reading aloud follows it.
  insert(item) {
    const place = Number(item.dataset.place);
    const next = [...this.rows.children].find((other) => Number(other.dataset.place) > place);
    this.rows.insertBefore(item, next ?? null);
  }

  async fetchMore() {
    if (this.loading.has("more")) return;
    this.loading.set("more", true);
    const last = this.rows.lastElementChild;
    const wanted = this.parameters();
    wanted.set("after", last.dataset.key);
    const turn = this.turn;
    try {
      const answer = await fetch(`${this.root.dataset.rows}?${wanted}`);
      const html = await answer.text();
      if (!answer.ok || turn !== this.turn) return;
      this.rows.insertAdjacentHTML("beforeend", html);
      this.more = answer.headers.get("X-More") === "yes";
    } finally {
      this.loading.delete("more");
    }
  }

  onType() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.search(), 120);
  }

  async search() {
    clearTimeout(this.typing);
    this.turn += 1;
    const turn = this.turn;
    const wanted = this.parameters();
    const answer = await fetch(`${this.root.dataset.rows}?${wanted}`);
    const html = await answer.text();
    if (turn !== this.turn) return;
    const address = new URL(location);
    address.search = wanted;
    history.replaceState(history.state, "", address);
    this.scroll.querySelectorAll(".empty, .list__none").forEach((old) => old.remove());
    if (!answer.ok) {
      this.count.textContent = this.problem(html);
      return;
    }
    this.rows.innerHTML = html;
    this.rows.style.blockSize = "";
    this.rows.classList.remove("rows--placed");
    this.scroll.scrollTop = 0;
    this.more = answer.headers.get("X-More") === "yes";
    if (this.isAll()) this.spread(0);
    else this.append = true;
    if (this.letters) this.letters.hidden = this.append;
    const partial = answer.headers.get("X-Partial") ? " " + _("(the search took too long: not all)") : "";
    const counted = decodeURIComponent(answer.headers.get("X-Count") ?? "");
    this.count.textContent = counted ? counted + partial : this.count.dataset.all ?? this.count.textContent;
    this.mark(this.marked);
  }

  problem(html) {
    try {
      return JSON.parse(html).detail;
    } catch {
      const page = new DOMParser().parseFromString(html, "text/html");
      return page.querySelector("main p")?.textContent ?? _("The search failed.");
    }
  }

  onLetter(event) {
    const link = event.target.closest("a");
    if (!link || this.append) return;
    event.preventDefault();
    this.scroll.scrollTop = Number(link.dataset.before) * this.rowHeight;
  }

  markLetter(place) {
    const current = [...(this.letters?.children ?? [])].findLast((one) => Number(one.dataset.before) <= place);
    if (current === this.letter) return;
    this.letter?.removeAttribute("aria-current");
    current?.setAttribute("aria-current", "true");
    this.letter = current;
  }

  onFilterButton(event) {
    const panel = this.root.querySelector("#more-filters");
    panel.hidden = !panel.hidden;
    event.currentTarget.setAttribute("aria-expanded", String(!panel.hidden));
  }

  mark(entry) {
    this.marked = entry;
    for (const row of this.rows.querySelectorAll("[aria-current]")) row.removeAttribute("aria-current");
    this.row(entry)?.querySelector("a").setAttribute("aria-current", "true");
  }

  row(entry) {
    return entry ? this.rows.querySelector(`[data-entry="${entry}"]`) : null;
  }

  // The row before or after the marked one; scrolls it into sight.
  step(by) {
    const all = [...this.rows.children];
    const at = all.indexOf(this.row(this.marked));
    const next = at < 0 ? all[0] : all[at + by];
    next?.scrollIntoView({ block: "nearest" });
    return next;
  }

  // Entries came or went: what is in sight is read again.
  stale(delta) {
    if (this.append) return;
    this.total = Math.max(0, this.total + delta);
    this.root.dataset.total = this.total;
    this.rows.style.blockSize = `${this.total * this.rowHeight}px`;
    this.count.textContent = ngettext("1 entry", "%(n)s entries", this.total);
    this.count.dataset.all = this.count.textContent;
    this.stretches.clear();
    this.onScroll();
  }

  // A changed entry shows its new headword and gloss at once.
  refresh(entry, html) {
    const row = this.row(entry);
    if (!row) return;
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const fresh = holder.content.querySelector(".entry-row");
    if (!fresh) {
      row.remove();
      return;
    }
    if (row.dataset.place !== undefined) this.put(fresh, Number(row.dataset.place));
    row.replaceWith(fresh);
    this.mark(this.marked);
  }
}
