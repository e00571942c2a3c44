const dark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : dark.matches;
}

function label(root) {
  for (const text of root.querySelectorAll("[data-theme-toggle] [data-dark]")) {
    text.textContent = isDark() ? text.dataset.light : text.dataset.dark;
  }
}

/** Buttons with data-theme-toggle change between light and dark and remember it here. */
export function watchTheme(root) {
  label(root);
  dark.addEventListener("change", () => label(root));
  root.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    const chosen = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = chosen;
    try {
      localStorage.setItem("life.theme", chosen);
    } catch {
      // storage is off: it holds for this page
    }
    label(root);
  });
}
