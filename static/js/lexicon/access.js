// Who may read the entry, or a part of it: dialogs whose forms are saved as a change of one field.

import { openDialog } from "../dialogs.js";
import { gettext as _ } from "../texts.js";
import { get } from "./content.js";

/** Saves the forms of the dialogs through the editor, which also shows what went wrong. */
export function watchAccess(pane, editor) {
  let part = []; // the part that the dialog was opened for

  pane.addEventListener("click", (event) => {
    const button = event.target.closest("[data-access]");
    if (!button) return;
    part = JSON.parse(button.closest("[data-member]").dataset.member);
    fill(pane.querySelector("#part-access-form"), get(editor.content, [...part, "access"]));
    openDialog(pane.querySelector("#part-access"));
  });

  pane.addEventListener("change", (event) => {
    const form = event.target.closest("#access-form, #part-access-form");
    if (!form || event.target.name !== "groups" || !event.target.checked) return;
    form.querySelector("[name=level][value=groups]").checked = true;
  });

  pane.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id !== "access-form" && form.id !== "part-access-form") return;
    event.preventDefault();
    const after = read(form);
    const error = form.querySelector("[role=alert]");
    error.hidden = after?.groups?.length !== 0;
    error.textContent = error.hidden ? "" : _("Choose at least one group.");
    if (!error.hidden) return;
    form.closest("dialog").close();
    const path = [...(form.id === "access-form" ? [] : part), "access"];
    const before = get(editor.content, path) ?? null;
    if (JSON.stringify(before) !== JSON.stringify(after)) editor.save([{ path, before, after }]);
  });
}

function read(form) {
  const sent = new FormData(form);
  const level = sent.get("level");
  if (!level) return null;
  return level === "groups" ? { level, groups: sent.getAll("groups") } : { level };
}

function fill(form, access) {
  const level = access?.level === "public" ? "" : (access?.level ?? (access ? "members" : ""));
  for (const radio of form.elements.level) radio.checked = radio.value === level;
  for (const box of form.querySelectorAll("[name=groups]")) box.checked = access?.groups?.includes(box.value) ?? false;
  form.querySelector("[role=alert]").hidden = true;
}
