// Shows how far a training is, its log, and goes on to the model.

import { gettext as _, number } from "./texts.js";

const box = document.querySelector("#job");
const bar = document.querySelector("#job-bar");
const state = document.querySelector("#job-state");
const log = document.querySelector("#job-log");
const began = Date.now();
let first = null;

async function look() {
  const answer = await fetch(box.dataset.address, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) {
    const job = await answer.json();
    if (!["waiting", "running"].includes(job.state)) {
      location.assign(box.dataset.address);
      return;
    }
    show(job);
  }
  setTimeout(look, 700);
}

function show(job) {
  bar.value = job.done;
  if (job.phase) state.textContent = words(job);
  log?.replaceChildren(
    ...job.log.map((row) => {
      const line = document.createElement("li");
      const time = document.createElement("time");
      time.textContent = row.at;
      line.append(time, ` ${row.said}`);
      return line;
    }),
  );
}

function words(job) {
  first ??= job.done;
  const passed = (Date.now() - began) / 1000;
  const gone = job.done - first;
  const guess = gone > 4 ? (passed * (100 - job.done)) / gone : job.expected - passed;
  const left = Math.round(guess);
  if (left < 2) return job.phase;
  return _("%(phase)s, about %(left)s s left", { phase: job.phase, left: number(left) });
}

look();
