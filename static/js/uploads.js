import { gettext as _, number } from "./texts.js";

/** Fields for files with data-most (bytes) say at once when a file is larger than the server takes. */
export function watchUploads(root) {
  root.addEventListener("change", (event) => {
    const field = event.target;
    if (!field.matches("input[type=file][data-most]")) return;
    const most = Number(field.dataset.most);
    const large = [...field.files].some((file) => file.size > most);
    const text = _("This is larger than the server takes: at most %(most)s MiB.", {
      most: number(Math.floor(most / 1024 ** 2)),
    });
    field.setCustomValidity(large ? text : "");
    if (large) field.reportValidity();
  });
}
