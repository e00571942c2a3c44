// The lexicon's screen: list, editor, history, keys.

import { part } from "./api.js";
import { Comments } from "./comments.js";
import { follow, showFaces } from "./live.js";
import { watchAccess } from "./lexicon/access.js";
import { Editor } from "./lexicon/editor.js";
import { EntryList } from "./lexicon/list.js";
import { Relate, watchSame } from "./lexicon/relate.js";
import { Suggestions } from "./lexicon/suggestions.js";

const root = document.querySelector("#lexicon");
const list = new EntryList(root);
const editor = new Editor(root.querySelector("#pane"), list);
const relate = new Relate(root, editor);
new Suggestions(editor);
new Comments(root.querySelector("#pane"));
watchAccess(root.querySelector("#pane"), editor);
const historyDialog = document.querySelector("#history");
list.count.dataset.all = list.isAll() ? list.count.textContent : "";
watchSame(root.dataset.find);

// Long lists come when they are first needed.
let domains = null;
async function fillDomains() {
  const select = root.querySelector("#filter-domains");
  domains ??= fetch(select.dataset.fill).then((answer) => answer.json());
  const found = await domains;
  const list = document.querySelector("#list-semantic-domains");
  if (list.options.length) return;
  const chosen = select.value;
  select.replaceChildren(select.options[0], ...found.map((one) => new Option(one.name, one.id)));
  select.value = chosen;
  list.replaceChildren(...found.map((one) => {
    const option = document.createElement("option");
    option.value = one.name;
    option.dataset.id = one.id;
    return option;
  }));
}
root.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-item-in], #filter-button, .list__filters *")) fillDomains();
});

root.querySelector(".list").addEventListener("click", (event) => {
  const link = event.target.closest(".row__link");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  editor.open(link.getAttribute("href"));
});

root.querySelector(".pane__back").addEventListener("click", (event) => {
  if (!list.rows.children.length) return;
  event.preventDefault();
  editor.flush();
  root.classList.remove("panes--open");
  history.pushState({}, "", event.currentTarget.href);
});

addEventListener("popstate", () => {
  if (/\/lexicon\/e_/.test(location.pathname)) editor.open(location.pathname, false);
  else root.classList.remove("panes--open");
});

root.addEventListener("click", (event) => {
  const button = event.target.closest("button, a");
  if (button?.dataset.step) step(Number(button.dataset.step));
  if (button?.dataset.history) openHistory();
});

historyDialog.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.close !== undefined || event.target === historyDialog) historyDialog.close();
  if (button?.dataset.undo) {
    await editor.undo(JSON.parse(button.dataset.undo));
    openHistory();
  }
});

async function openHistory() {
  const answer = await part(`${editor.base}/history`, "history");
  historyDialog.innerHTML = await answer.text();
  if (!historyDialog.open) historyDialog.showModal();
}

function step(by) {
  const row = list.step(by);
  if (row) editor.open(row.querySelector("a").getAttribute("href"));
}

function focusRow(by) {
  const links = [...list.rows.querySelectorAll(".row__link")];
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? Math.max(0, links.findIndex((one) => one.hasAttribute("aria-current"))) : at + by];
  next?.focus();
}

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  const typing = event.target.closest("input, textarea, select");
  if (event.altKey && event.key === "ArrowDown") step(1);
  else if (event.altKey && event.key === "ArrowUp") step(-1);
  else if (event.altKey && event.key.toLowerCase() === "h" && editor.id) openHistory();
  else if (event.key === "Escape" && typing) {
    typing.blur();
    list.row(list.marked)?.querySelector("a").focus();
  } else if (event.key === "ArrowDown" && (!typing || typing.id === "q")) focusRow(1);
  else if (event.key === "ArrowUp" && !typing) focusRow(-1);
  else if (!typing && event.key === "n" && !event.ctrlKey && !event.metaKey) document.querySelector('[data-dialog="add-entry"]')?.click();
  else if (!typing && event.key === "/") root.querySelector("#q").focus();
  else if (!typing && event.key === "z" && (event.ctrlKey || event.metaKey)) editor.undoLast();
  else return;
  event.preventDefault();
});

const divider = root.querySelector("#divider");
const kept = Number(localStorage.getItem("lexicon-list"));
if (kept) setWidth(kept);

function setWidth(rem) {
  const width = Math.min(40, Math.max(14, rem));
  root.style.setProperty("--list", `${width}rem`);
  divider.setAttribute("aria-valuenow", String(Math.round(width)));
  localStorage.setItem("lexicon-list", String(width));
}

divider.addEventListener("keydown", (event) => {
  const now = Number(divider.getAttribute("aria-valuenow"));
  if (event.key === "ArrowRight") setWidth(now + 1);
  if (event.key === "ArrowLeft") setWidth(now - 1);
});

divider.addEventListener("pointerdown", (event) => {
  divider.setPointerCapture(event.pointerId);
  const start = root.getBoundingClientRect().left;
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const move = (moved) => setWidth((moved.clientX - start) / rem);
  divider.addEventListener("pointermove", move);
  divider.addEventListener("pointerup", () => divider.removeEventListener("pointermove", move), { once: true });
});

export { editor, list, relate };

follow(root.dataset.slug, async (message) => {
  if (message.kind === "here") showFaces(document.querySelector("#presence"), message.people, root.dataset.user);
  if (message.kind === "closed") location.assign("/");
  if (message.kind !== "change") return;
  const { change } = message;
  if (change.many) {
    list.stale(0);
    editor.changedElsewhere();
    return;
  }
  for (const op of change.ops) {
    if (editor.id && touches(op)) editor.changedElsewhere();
    if (op.kind !== "entry") continue;
    const delta = { create: 1, restore: 1, delete: -1 }[op.action];
    if (delta) list.stale(delta);
    else if (list.row(op.id)) {
      const answer = await part(`/${root.dataset.slug}/lexicon/${op.id}`, "row").catch(() => null);
      if (answer) list.refresh(op.id, await answer.text());
    }
  }
});

function touches(op) {
  return op.kind === "entry" ? op.id === editor.id && op.action !== "create" : op.kind === "relation";
}

root.dataset.ready = "yes";
