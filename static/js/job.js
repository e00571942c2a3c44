// Shows how far a job is and goes on to its result.

import { gettext as _, number } from "./texts.js";

const box = document.querySelector("#job");
const bar = document.querySelector("#job-bar");
const state = document.querySelector("#job-state");
const began = Date.now();

async function look() {
  const answer = await fetch(box.dataset.address, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) {
    const job = await answer.json();
    if (!["waiting", "running"].includes(job.state)) {
      location.assign(box.dataset.address);
      return;
    }
    if (job.total) {
      bar.max = job.total;
      bar.value = job.done;
    }
    if (job.phase) state.textContent = words(job);
  }
  setTimeout(look, 700);
}

function words(job) {
  const passed = (Date.now() - began) / 1000;
  const left = job.total && job.done > 2 ? Math.round((passed * (job.total - job.done)) / job.done) : 0;
  const facts = { phase: job.phase, done: number(job.done), total: number(job.total ?? 0), left: number(left) };
  if (left > 1) return _("%(phase)s %(done)s of %(total)s, about %(left)s s left", facts);
  return job.total ? _("%(phase)s %(done)s of %(total)s", facts) : `${job.phase} ${facts.done}`;
}

look();
