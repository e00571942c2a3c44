// Who may read the entry: a dialog whose form is saved as a change of one field.

import { gettext as _ } from "../texts.js";
import { get } from "./content.js";

/** Saves the form of the dialog through the editor, which also shows what went wrong. */
export function watchAccess(pane, editor) {
  pane.addEventListener("change", (event) => {
    if (event.target.name !== "groups" || !event.target.closest("#access-form")) return;
    if (event.target.checked) pane.querySelector("#access-groups").checked = true;
  });
  pane.addEventListener("submit", (event) => {
    if (event.target.id !== "access-form") return;
    event.preventDefault();
    const form = new FormData(event.target);
    const level = form.get("level");
    const groups = form.getAll("groups");
    const error = pane.querySelector("#access-error");
    error.hidden = !(level === "groups" && groups.length === 0);
    error.textContent = error.hidden ? "" : _("Choose at least one group.");
    if (!error.hidden) return;
    const before = get(editor.content, ["access"]) ?? null;
    const after = level ? { level, ...(level === "groups" ? { groups } : {}) } : null;
    pane.querySelector("#access").close();
    if (JSON.stringify(before) !== JSON.stringify(after)) editor.save([{ path: ["access"], before, after }]);
  });
}
