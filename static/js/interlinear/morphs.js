// The morphs of a word while they are typed: a list of cells that is split and joined by the signs
// of the Leipzig Glossing Rules. Nothing here touches the page.

const SIGN = /([-=~])/;
const INFIX = /^([^<>]*)<([^<>]+)>([^<>]*)$/;

/** Cells of an analysis, with its glosses in some languages; a word without one is a single morph. */
export function cellsOf(analysis, form, ws, languages) {
  const morphs = analysis?.morphs ?? [];
  if (!morphs.length) return [cell({ form, glosses: glossesOf(null, languages) })];
  return morphs.map((morph) =>
    cell({
      id: morph.id,
      form: plain(morph.form?.[ws]),
      left: morph.left ?? "",
      right: morph.right ?? "",
      glosses: glossesOf(morph.gloss, languages),
      pos: morph.pos ?? "",
      entry: morph.entry ?? "",
      sense: morph.sense ?? "",
      allomorph: morph.allomorph ?? "",
      was: morph,
    }),
  );
}

export function cell(facts) {
  return { id: "", form: "", left: "", right: "", glosses: {}, pos: "", entry: "", sense: "", allomorph: "", was: null, ...facts };
}

/** A gloss by language as plain text, empty where there is none. */
export function glossesOf(gloss, languages) {
  return Object.fromEntries(languages.map((code) => [code, plain(gloss?.[code])]));
}

/** The first gloss of a cell that says something. */
export function anyGloss(one) {
  return Object.values(one.glosses).find(Boolean) ?? "";
}

/** What the server is told: fields that were there stay where they were not typed anew. */
export function typed(cells, ws) {
  return cells.map((one, place) => {
    const made = {
      form: text(one.was?.form, ws, one.form),
      left: one.left,
      gloss: glossed(one.was?.gloss, one.glosses),
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
  const codes = new Set([...Object.keys(left.glosses), ...Object.keys(right.glosses)]);
  const glosses = Object.fromEntries([...codes].map((code) => [code, [left.glosses[code], right.glosses[code]].filter(Boolean).join(".")]));
  const kept = anyGloss(left) || !anyGloss(right) ? left : { ...right, id: left.id, left: left.left, was: left.was };
  const whole = { ...kept, form: left.form + right.form, glosses, right: right.right };
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
export function handOut(cells, place, gloss, language) {
  const pieces = gloss.split(SIGN).filter((piece, n) => n % 2 === 0);
  if (pieces.length < 2 || place + pieces.length > cells.length) return null;
  const given = (one, piece) => ({ ...one, glosses: { ...one.glosses, [language]: piece } });
  return cells.map((one, n) => (n >= place && n < place + pieces.length ? given(one, pieces[n - place]) : one));
}

/** The word as it is written with its signs, or its gloss in a language: what the checks read. */
export function written(cells, language = null) {
  return cells.reduce((made, one) => {
    const said = language === null ? one.form || "Ø" : one.glosses[language] || "?";
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

/** A gloss with what was typed in some languages laid over what was there. */
export function glossed(before, glosses) {
  return Object.entries(glosses).reduce((made, [code, value]) => text(made, code, value), { ...before });
}

function text(before, ws, value) {
  const made = { ...before };
  if (plain(made[ws]) === value) return made;
  if (value) made[ws] = value;
  else delete made[ws];
  return made;
}
