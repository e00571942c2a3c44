// What every page has: menus, dialogs, theme, copying, keys, messages.
import { watchMenus } from "./menus.js";
import { watchDialogs } from "./dialogs.js";
import { watchTheme } from "./theme-toggle.js";
import { watchCopying } from "./copy.js";
import { watchKeys } from "./keys.js";
import { watchMessages } from "./messages.js";
import { watchUploads } from "./uploads.js";

for (const watch of [watchMenus, watchDialogs, watchTheme, watchCopying, watchKeys, watchMessages, watchUploads]) {
  watch(document);
}

// A choice that saves itself; without script its form has a button.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
