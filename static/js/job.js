// Shows how far a job is and goes on to its result.

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
  const amount = job.total ? `${job.done} of ${job.total}` : job.done.toLocaleString();
  const passed = (Date.now() - began) / 1000;
  const left = job.total && job.done > 2 ? Math.round((passed * (job.total - job.done)) / job.done) : 0;
  return `${job.phase} ${amount}${left > 1 ? `, about ${left} s left` : ""}`;
}

look();
