const SHOWN = 6000; // milliseconds; longer while it is pointed at or has the focus

function leave(flash) {
  if (flash.matches(":hover, :focus-within")) setTimeout(leave, SHOWN, flash);
  else flash.remove();
}

/** Says something at the lower edge of the page, politely. `kind`: "done", "info" or "danger". */
export function say(message, kind = "done") {
  const flash = document.createElement("div");
  flash.className = kind === "danger" ? "flash flash--danger" : "flash";
  flash.dataset.flash = "";
  const text = document.createElement("span");
  text.textContent = message;
  flash.append(text);
  document.getElementById("flashes").append(flash);
  setTimeout(leave, SHOWN, flash);
}

/** Messages can be dismissed; those that are no error go by themselves. */
export function watchMessages(root) {
  root.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) event.target.closest("[data-flash]").remove();
  });
  for (const flash of root.querySelectorAll("[data-flash]:not(.flash--danger)")) {
    setTimeout(leave, SHOWN, flash);
  }
}
