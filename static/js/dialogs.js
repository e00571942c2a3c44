/** Opens a dialog; the browser keeps the focus inside and gives it back. */
export function openDialog(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

/** Buttons with data-dialog open one, data-close and a click beside it close it. */
export function watchDialogs(root) {
  root.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) openDialog(document.getElementById(opener.dataset.dialog));
    const dialog = event.target.closest("dialog");
    if (dialog && (event.target === dialog || event.target.closest("[data-close]"))) dialog.close();
  });
}
