// Two people changed one field: both values, and a choice.

import { gettext as _ } from "../texts.js";
import { plain } from "./content.js";

/** Shows conflicts in `place`; `mine` and `theirs` are called with the one that was decided. */
export function showConflicts(place, conflicts, mine, theirs) {
  place.replaceChildren(...conflicts.map((found) => {
    const box = document.createElement("div");
    box.className = "conflict";
    box.setAttribute("role", "alert");
    const label = document.createElement("p");
    const field = found.label ?? (found.path ?? []).join(" › ");
    label.textContent = _("%(field)s: somebody else changed the same field.", { field });
    box.append(
      label,
      choice(box, _("Keep mine"), found.mine, () => mine(found)),
      choice(box, _("Keep theirs"), found.theirs, () => theirs(found)),
    );
    return box;
  }));
}

function choice(box, label, value, act) {
  const line = document.createElement("p");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--s";
  button.textContent = label;
  button.addEventListener("click", () => {
    box.remove();
    act();
  });
  const text = document.createElement("span");
  text.className = "data";
  text.dir = "auto";
  text.textContent = plain(value) || (value ? JSON.stringify(value) : _("(empty)"));
  line.append(button, text);
  return line;
}
