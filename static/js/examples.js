// Copies a line as an example; without a clipboard its link opens the text.
import { gettext } from "./texts.js";
import { say } from "./messages.js";

async function copy(link) {
  const answer = await fetch(link.href);
  if (!answer.ok) throw new Error(answer.statusText);
  const text = await answer.text();
  if (link.dataset.example !== "html") return navigator.clipboard.writeText(text);
  const plain = await (await fetch(link.href.replace(/html$/, "text"))).text();
  const item = new ClipboardItem({
    "text/html": new Blob([text], { type: "text/html" }),
    "text/plain": new Blob([plain], { type: "text/plain" }),
  });
  return navigator.clipboard.write([item]);
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-example]");
  if (!link || event.ctrlKey || event.metaKey || !navigator.clipboard) return;
  event.preventDefault();
  try {
    await copy(link);
    say(gettext("Copied as %(style)s", { style: link.textContent }));
  } catch {
    window.location.assign(link.href);
  }
});
