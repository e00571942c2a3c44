// The parts of an entry that come and go: senses, examples, notes, pictures, items of lists,
// relations. Each is one change, which the editor saves.

import { post } from "../api.js";
import { newId } from "../ids.js";
import { gettext as _ } from "../texts.js";
import { get } from "./content.js";
import { unfold } from "./fields.js";

export class Members {
  constructor(editor) {
    this.editor = editor;
    editor.pane.addEventListener("click", (event) => this.onClick(event));
    editor.pane.addEventListener("change", (event) => {
      if (event.target.matches("[data-item-in]")) this.addItem(event.target);
    });
  }

  onClick(event) {
    const button = event.target.closest("button, a");
    if (!button) return;
    const { dataset } = button;
    if (dataset.unfold) unfold(button);
    else if (dataset.add) this.add(button);
    else if (dataset.own) this.addOwn(button);
    else if (dataset.remove !== undefined) this.remove(button);
    else if (dataset.move) this.move(button, Number(dataset.move));
    else if (dataset.itemOut) this.removeItem(button);
    else if (dataset.unrelate) this.unrelate(dataset.unrelate);
  }

  add(button) {
    const path = [...JSON.parse(button.closest(".adds").dataset.at), button.dataset.add];
    const { level, letter } = button.dataset;
    if (level === "picture" || level === "media") this.chooseFile(path, letter);
    else this.insert(path, { id: newId(letter), ...start(level) });
  }

  addOwn(button) {
    const at = JSON.parse(button.closest(".adds").dataset.at);
    const listed = !["text", "multitext"].includes(button.dataset.kind);
    if (listed) this.insert([...at, "traits"], { id: newId("t"), name: button.dataset.own, value: "" });
    else this.insert([...at, "fields"], { id: newId("o"), type: button.dataset.own });
  }

  insert(path, member) {
    const left = this.list(path).at(-1)?.id ?? null;
    const change = { path: [...path, member.id], before: null, after: member, member: true, left, right: null };
    this.editor.save([change]).then(() => {
      this.editor.pane.querySelector(`#m-${member.id}`)?.querySelector("textarea, select, input")?.focus();
    });
  }

  remove(button) {
    const path = JSON.parse(button.closest("[data-member]").dataset.member);
    const list = this.list(path.slice(0, -1));
    const at = list.findIndex((one) => one.id === path.at(-1));
    this.editor.flush();
    this.editor.save([{
      path, before: list[at], after: null, member: true,
      left: list[at - 1]?.id ?? null, right: list[at + 1]?.id ?? null,
    }]);
  }

  move(button, by) {
    const path = JSON.parse(button.closest("[data-member]").dataset.member);
    const before = this.list(path.slice(0, -1)).map((one) => one.id);
    const after = [...before];
    const at = after.indexOf(path.at(-1));
    after.splice(at, 1);
    after.splice(at + by, 0, path.at(-1));
    this.editor.flush();
    this.editor.save([{ path: [...path.slice(0, -1), "#"], before, after }]).then(() => {
      this.editor.pane.querySelector(`#m-${path.at(-1)} [data-move="${by}"]`)?.focus();
    });
  }

  addItem(input) {
    const option = [...(input.list?.options ?? [])].find((one) => one.value === input.value.trim());
    if (!option) return;
    const path = JSON.parse(input.closest("[data-items]").dataset.items);
    const before = get(this.editor.content, path) ?? null;
    input.value = "";
    if (before?.includes(option.dataset.id)) return;
    this.editor.save([{ path, before, after: [...(before ?? []), option.dataset.id] }]);
  }

  removeItem(button) {
    const path = JSON.parse(button.closest("[data-items]").dataset.items);
    const before = this.list(path);
    const after = before.filter((one) => one !== button.dataset.itemOut);
    this.editor.save([{ path, before, after: after.length ? after : null }]);
  }

  unrelate(relation) {
    this.editor.send(`${this.editor.base}/relations/${relation}/delete`, { id: newId("x") });
  }

  chooseFile(path, letter) {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = path.at(-1) === "pictures" ? "image/*" : "audio/*,video/*";
    input.addEventListener("change", () => this.sendFile(input.files[0], path, letter));
    input.click();
  }

  async sendFile(file, path, letter) {
    const form = new FormData();
    form.append("file", file);
    this.editor.say(_("Sending the file…"), "saving");
    try {
      const kept = await post(`/${this.editor.article.dataset.slug}/files`, form);
      this.insert(path, { id: newId(letter), href: kept.href, file: kept.id });
    } catch (error) {
      this.editor.say(error.body?.detail ?? error.message, "error");
    }
  }

  list(path) {
    return get(this.editor.content, path) ?? [];
  }
}

function start(level) {
  return level === "example" ? { translations: [{ id: newId("t") }] } : {};
}
