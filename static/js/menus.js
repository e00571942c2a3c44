/** A button that shows a list of links and buttons below it. */
class Menu {
  constructor(element) {
    this.element = element;
    this.button = element.querySelector("[aria-controls]");
    this.list = element.querySelector(".menu__list");
  }

  get isOpen() {
    return !this.list.hidden;
  }

  get items() {
    return [...this.list.querySelectorAll("a, button")].filter((item) => !item.disabled);
  }

  open() {
    this.list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
  }

  close({ focus = false } = {}) {
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (focus) this.button.focus();
  }

  move(step) {
    const { items } = this;
    const from = items.indexOf(document.activeElement);
    const to = from < 0 ? (step > 0 ? 0 : items.length - 1) : from + step;
    items[(to + items.length) % items.length]?.focus();
  }

  onKey(event) {
    if (event.key === "Escape" && this.isOpen) {
      this.close({ focus: true });
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!this.isOpen) this.open();
      this.move(event.key === "ArrowDown" ? 1 : -1);
    } else if ((event.key === "Home" || event.key === "End") && this.isOpen) {
      this.items.at(event.key === "Home" ? 0 : -1)?.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

const menus = new WeakMap();

function menuOf(element) {
  if (!menus.has(element)) menus.set(element, new Menu(element));
  return menus.get(element);
}

/** Opens and closes menus and folded lists; those added later too. */
export function watchMenus(root) {
  root.addEventListener("click", (event) => {
    const inside = event.target.closest("[data-menu]");
    for (const element of root.querySelectorAll("[data-menu]")) {
      if (element !== inside) menuOf(element).close();
    }
    for (const details of root.querySelectorAll("details[data-details][open]")) {
      if (!details.contains(event.target)) details.open = false;
    }
    if (!inside) return;
    const menu = menuOf(inside);
    if (menu.button.contains(event.target)) menu.isOpen ? menu.close() : menu.open();
    else if (event.target.closest(".menu__item:not([data-theme-toggle])")) menu.close();
  });
  root.addEventListener("keydown", (event) => {
    const element = event.target.closest?.("[data-menu]");
    if (element) menuOf(element).onKey(event);
  });
  root.addEventListener("focusout", (event) => {
    const element = event.target.closest?.("[data-menu]");
    if (element && event.relatedTarget && !element.contains(event.relatedTarget)) {
      menuOf(element).close();
    }
  });
}
