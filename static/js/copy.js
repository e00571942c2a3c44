/** Buttons with data-copy copy the field whose id they name, and say so. */
export function watchCopying(root) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      return; // the field stays selected, so that the keyboard can copy it
    }
    const text = button.querySelector("span");
    const before = text.textContent;
    text.textContent = button.dataset.copied;
    setTimeout(() => { text.textContent = before; }, 2000);
  });
  root.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-select]")) event.target.select();
  });
}
