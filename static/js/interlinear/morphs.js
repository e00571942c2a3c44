// The morphs of a word while they are typed: a list of cells that is split and joined by the signs
// of the Leipzig Glossing Rules. Nothing here touches the page.

const SIGN = /([-=~])/;
const INFIX = /^([^<>]*)<([^<>]+)>([^<>]*)$/;

/** Cells of an analysis; a word without one is a single morph. */
export function cellsOf(analysis, form, ws, glossWs) {
  const morphs = analysis?.morphs ?? [];
  if (!morphs.length) return [cell({ form, gloss: plain(analysis?.gloss?.[glossWs]) && "" })];
  return morphs.map((morph) =>
    cell({
      id: morph.id,
      form: plain(morph.form?.[ws]),
      left: morph.left ?? "",
      right: morph.right ?? "",
      gloss: plain(morph.gloss?.[glossWs]),
      pos: morph.pos ?? "",
      entry: morph.entry ?? "",
      sense: morph.sense ?? "",
      allomorph: morph.allomorph ?? "",
      was: morph,
    }),
  );
}

export function cell(facts) {
  return { id: "", form: "", left: "", right: "", gloss: "", pos: "", entry: "", sense: "", allomorph: "", was: null, ...facts };
}

/** What the server is told: fields that were there stay where they were not typed anew. */
export function typed(cells, ws, glossWs) {
  return cells.map((one, place) => {
    const made = {
      form: text(one.was?.form, ws, one.form),
      left: one.left,
      gloss: text(one.was?.gloss, glossWs, one.gloss),
      pos: one.pos || null,
      entry: one.entry || null,
      sense: one.sense || null,
      allomorph: one.allomorph || null,
    };
    if (place === cells.length - 1) made.right = one.right;
    if (one.id) made.id = one.id;
    return made;
  });
}

/** Splits the morph at `place`: `at` is where in its form, `sign` how the new one is joined. */
export function split(cells, place, at, sign) {
  const one = cells[place];
  const left = { ...one, form: one.form.slice(0, at) };
  const right = cell({ form: one.form.slice(at), left: sign, right: place === cells.length - 1 ? one.right : "" });
  if (place === cells.length - 1) left.right = "";
  return [...cells.slice(0, place), left, right, ...cells.slice(place + 1)];
}

/** Joins a morph to the one before it; both glosses stay, as `this.that`. */
export function join(cells, place) {
  const [left, right] = [cells[place - 1], cells[place]];
  const gloss = [left.gloss, right.gloss].filter(Boolean).join(".");
  const kept = left.gloss || !right.gloss ? left : { ...right, id: left.id, left: left.left, was: left.was };
  const whole = { ...kept, form: left.form + right.form, gloss, right: right.right };
  return [...cells.slice(0, place - 1), whole, ...cells.slice(place + 1)];
}

/** A form with signs in it, as it may be pasted or typed with `<>`, taken apart; null without any. */
export function apart(cells, place) {
  const one = cells[place];
  const infix = INFIX.exec(one.form);
  if (infix && infix[1] + infix[3]) {
    const stem = { ...one, form: infix[1] + infix[3] };
    return [...cells.slice(0, place), stem, cell({ form: infix[2], left: "<>", right: "<>" }), ...cells.slice(place + 1)];
  }
  const pieces = one.form.split(SIGN);
  if (pieces.length < 3 || !pieces.filter((piece, n) => n % 2 === 0 && piece).length) return null;
  const made = [];
  for (let n = 0; n < pieces.length; n += 2) {
    if (!pieces[n]) continue;
    const left = n ? pieces[n - 1] : one.left;
    made.push(made.length ? cell({ form: pieces[n], left }) : { ...one, form: pieces[n], left });
  }
  return [...cells.slice(0, place), ...made, ...cells.slice(place + 1)];
}

/** Glosses with signs, pasted into one cell, handed out to the cells from `place` on. */
export function handOut(cells, place, gloss) {
  const pieces = gloss.split(SIGN).filter((piece, n) => n % 2 === 0);
  if (pieces.length < 2 || place + pieces.length > cells.length) return null;
  return cells.map((one, n) => (n >= place && n < place + pieces.length ? { ...one, gloss: pieces[n - place] } : one));
}

/** The word as it is written with its signs: what the checks read. */
export function written(cells, name) {
  return cells.reduce((made, one) => {
    const said = one[name] || (name === "gloss" ? "?" : "Ø");
    if (one.left === "<>") return `${made}<${said}>`;
    return made + (made ? one.left : "") + said;
  }, "");
}

/** Whether two lists of cells say the same. */
export function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

function plain(value) {
  return typeof value === "string" ? value : (value?.text ?? "");
}

function text(before, ws, value) {
  const made = { ...before };
  if (plain(made[ws]) === value) return made;
  if (value) made[ws] = value;
  else delete made[ws];
  return made;
}
