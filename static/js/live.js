// What others do, as it happens. One tab of the browser holds the stream (a Web Lock decides which)
// and tells the others; without a stream the changes are asked for.

const PAUSE = 10_000;

export function follow(slug, listener) {
  const channel = new BroadcastChannel(`life-${slug}`);
  const tell = (message) => {
    listener(message);
    channel.postMessage(message);
  };
  channel.addEventListener("message", (event) => listener(event.data));
  if (!navigator.locks) {
    open(slug, tell);
    return;
  }
  navigator.locks.request(`life-live-${slug}`, () => {
    open(slug, tell);
    return new Promise(() => {});
  });
}

function open(slug, tell) {
  let seq = 0;
  const source = new EventSource(`/${slug}/live`);
  source.addEventListener("change", (event) => {
    const change = JSON.parse(event.data);
    seq = change.seq;
    tell({ kind: "change", change });
  });
  source.addEventListener("here", (event) => tell({ kind: "here", people: JSON.parse(event.data) }));
  source.addEventListener("closed", () => {
    source.close();
    tell({ kind: "closed" });
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) ask(slug, seq, tell);
  });
}

async function ask(slug, since, tell) {
  let seq = since;
  for (;;) {
    const answer = await fetch(`/${slug}/live/changes?since=${seq}`).catch(() => null);
    if (answer?.status === 403 || answer?.status === 404) {
      tell({ kind: "closed" });
      return;
    }
    if (answer?.ok) {
      const found = await answer.json();
      for (const change of found.events) tell({ kind: "change", change });
      tell({ kind: "here", people: found.here });
      seq = found.seq;
    }
    await new Promise((go) => setTimeout(go, PAUSE));
  }
}

// The faces of who has the project open, oneself aside.
export function showFaces(place, people, self) {
  if (!place) return;
  place.replaceChildren(...people.filter((one) => one.user !== self).slice(0, 6).map((one) => {
    const face = document.createElement("span");
    face.className = "face";
    face.title = one.name;
    const words = one.name.split(/\s+/).filter(Boolean);
    const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
    face.textContent = ends.map((word) => [...word][0]).join("").toUpperCase();
    return face;
  }));
}
