// The comments of the entry that is open, in a dialog at the side.

import { gettext as _ } from "./texts.js";

export class Comments {
  /** @param pane where the entry stands; the field that had the focus last is what is meant. */
  constructor(pane) {
    this.pane = pane;
    this.field = null;
    this.dialog = document.createElement("dialog");
    this.dialog.className = "dialog dialog--side";
    this.dialog.id = "comments";
    document.body.append(this.dialog);
    pane.addEventListener("focusin", (event) => this.onFocus(event));
    pane.addEventListener("entry-open", () => {
      this.field = null;
    });
    pane.addEventListener("click", (event) => this.onOpen(event));
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.dialog.addEventListener("submit", (event) => this.onSubmit(event));
  }

  onFocus(event) {
    const field = event.target.closest("[data-path]");
    if (field) this.field = JSON.stringify(JSON.parse(field.dataset.path));
    else if (!event.target.closest("[data-comments]")) this.field = null;
  }

  onOpen(event) {
    const button = event.target.closest("[data-comments]");
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.open(button.getAttribute("href"), button.title);
  }

  async open(url, label) {
    const answer = await fetch(url, { headers: { "X-Part": "comments" } });
    if (!answer.ok) return;
    this.dialog.setAttribute("aria-label", label);
    this.lay(await answer.text());
    if (!this.dialog.open) this.dialog.showModal();
    const meant = [...(this.dialog.querySelector("#comment-path")?.options ?? [])]
      .find((one) => one.value && JSON.stringify(JSON.parse(one.value)) === this.field);
    if (meant) meant.selected = true;
    this.dialog.querySelector("#comment-text")?.focus();
  }

  async onSubmit(event) {
    event.preventDefault();
    const form = event.target;
    const buttons = form.querySelectorAll("button");
    for (const one of buttons) one.disabled = true;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Part": "comments", Accept: "text/html" },
      });
      const html = await answer.text();
      if (answer.ok || (answer.status === 422 && html.includes("comments__body"))) this.lay(html);
      else this.say(form, _("This was not saved. Try again."));
    } catch {
      this.say(form, _("The server does not answer. What you wrote is still here; try again."));
    }
    for (const one of buttons) one.disabled = false;
  }

  lay(html) {
    const closed = this.dialog.querySelector(".comments__closed")?.open;
    this.dialog.innerHTML = html;
    const now = this.dialog.querySelector(".comments__closed");
    if (now && closed) now.open = true;
    const open = Number(this.dialog.querySelector("[data-open]")?.dataset.open ?? 0);
    const count = this.pane.querySelector(".comments-button__count");
    if (count) {
      count.hidden = open === 0;
      count.textContent = String(open);
    }
  }

  say(form, text) {
    const line = form.querySelector(".field__error") ?? document.createElement("p");
    line.className = "field__error";
    line.setAttribute("role", "alert");
    line.textContent = text;
    form.append(line);
  }
}
