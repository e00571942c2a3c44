// Walking around the graph of an entry: arrow keys go to the nearest node in that direction.

const graph = document.getElementById("graph");
const nodes = graph ? [...graph.querySelectorAll("[data-node]")] : [];
const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

function place(node) {
  const circle = node.querySelector("circle");
  return [Number(circle.getAttribute("cx")), Number(circle.getAttribute("cy"))];
}

/** The node that lies nearest in a direction: what is beside the way counts twice. */
function nearest(from, [dx, dy]) {
  const [x, y] = place(from);
  const found = nodes
    .filter((one) => one !== from)
    .map((one) => {
      const [toX, toY] = place(one);
      const along = (toX - x) * dx + (toY - y) * dy;
      const aside = Math.abs((toX - x) * dy) + Math.abs((toY - y) * dx);
      return { one, along, cost: along + 2 * aside };
    })
    .filter(({ along }) => along > 1)
    .sort((a, b) => a.cost - b.cost);
  return found[0]?.one;
}

if (graph) graph.scrollLeft = (graph.scrollWidth - graph.clientWidth) / 2; // the entry stands in the middle

graph?.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  const here = event.target.closest("[data-node]");
  if (!step || !here) return;
  const next = nearest(here, step);
  if (!next) return;
  next.focus();
  event.preventDefault();
});
