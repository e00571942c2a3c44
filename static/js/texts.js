// What scripts say, in the language of the page: English stands here, and the page brings the
// translations. Patterns hold facts as %(name)s; scripts/messages collects them.

const texts = JSON.parse(document.querySelector('meta[name="texts"]')?.content ?? "{}");
const { lang } = document.documentElement;

function fill(pattern, facts) {
  return pattern.replace(/%\((\w+)\)s/g, (whole, name) => facts[name] ?? whole);
}

/** A text with its facts. */
export function gettext(text, facts = {}) {
  return fill(texts[text] ?? text, facts);
}

/** The form of a text that goes with a number, which stands at %(n)s. */
export function ngettext(one, many, n) {
  const forms = texts[one] ?? { one, other: many };
  const category = new Intl.PluralRules(texts[one] ? lang : "en").select(n);
  return fill(forms[category] ?? forms.other, { n: number(n) });
}

/** A number as the language of the page writes it. */
export function number(value) {
  return value.toLocaleString(lang);
}
