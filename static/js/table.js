// The table: choosing rows, and showing only the fields that an operation needs.

const all = document.querySelector("#choose-all");
all?.addEventListener("change", () => {
  for (const box of document.querySelectorAll("[data-choose]")) box.checked = all.checked;
});

const kind = document.querySelector("#b-kind");
const target = document.querySelector("#b-target");
const item = document.querySelector("#b-item");

function show() {
  const list = target.selectedOptions[0]?.dataset.list ?? "";
  for (const part of document.querySelectorAll("[data-for]")) {
    let wanted = part.dataset.for.split(" ").includes(kind.value);
    if (part.dataset.text !== undefined) wanted = wanted && (!list || kind.value === "replace");
    if (part.dataset.item !== undefined) wanted = wanted && Boolean(list);
    part.hidden = !wanted;
  }
  for (const option of item.options) option.hidden = option.dataset.list !== list;
  if (item.selectedOptions[0]?.hidden) item.value = [...item.options].find((one) => !one.hidden)?.value ?? "";
}

if (kind) {
  kind.addEventListener("change", () => {
    if (kind.value === "add") target.value = "domains";
    if (kind.value === "replace" && target.selectedOptions[0]?.dataset.list) {
      target.value = [...target.options].find((one) => !one.dataset.list)?.value;
    }
    show();
  });
  target.addEventListener("change", show);
  show();
}
