// The query editor: Ctrl+Enter asks.

const form = document.getElementById("sparql-form");
const query = document.getElementById("query");

query?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  }
});
