// An entry's content in the browser: reading by path, and texts whose spans survive typing.

export function get(content, path) {
  return path.reduce((value, key) => {
    if (Array.isArray(value)) return value.find((member) => member.id === key);
    return value?.[key];
  }, content);
}

export function plain(value) {
  return typeof value === "string" ? value : (value?.text ?? "");
}

// A text with spans after its bare string was edited: spans before the edit stay, spans after it
// move, a span around it grows or shrinks, one inside it goes.
export function retext(old, text) {
  if (!old?.spans?.length) return text || null;
  const before = [...old.text];
  const after = [...text];
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) tail += 1;
  const moved = after.length - before.length;
  const end = before.length - tail;
  const place = (offset) => {
    if (offset <= head) return offset;
    return offset >= end ? offset + moved : head;
  };
  const spans = old.spans
    .map((span) => ({ ...span, start: place(span.start), end: place(span.end) }))
    .filter((span) => span.end > span.start);
  return spans.length ? { ...old, text, spans } : text || null;
}

// What was typed is known here at once, so that the next change starts from it.
export function write(content, changes) {
  for (const change of changes) {
    const parent = get(content, change.path.slice(0, -1));
    const key = change.path.at(-1);
    if (!change.member && key !== "#" && parent && !Array.isArray(parent)) parent[key] = change.after;
    else if (!change.member && key !== "#" && !parent) {
      const above = get(content, change.path.slice(0, -2));
      if (above && !Array.isArray(above)) above[change.path.at(-2)] = { [key]: change.after };
    }
  }
}
