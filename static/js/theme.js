// Runs before the page is painted: the chosen theme, if one was chosen on this device.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  try {
    const chosen = localStorage.getItem("life.theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // storage is off: the device's own preference stands
  }
})();
