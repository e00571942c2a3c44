// Checks pages: a JSON string of HTML a line in, a JSON list of messages a line out.
import { createInterface } from "node:readline";
import { HtmlValidate, StaticConfigLoader } from "html-validate";

const loader = new StaticConfigLoader({
  root: true,
  extends: ["html-validate:recommended", "html-validate:document"],
  rules: {
    "no-inline-style": "error",
    "no-trailing-whitespace": "off", // of no consequence in generated pages
    "void-style": "off",
    "long-title": "off", // projects may have long names
    "require-sri": "off", // all files are our own
    "prefer-native-element": "error",
    "no-implicit-button-type": "off",
    "valid-id": ["error", { relaxed: true }],
    "multiple-labeled-controls": "error",
    "form-dup-name": ["error", { shared: ["radio", "checkbox", "button", "submit"] }],
  },
});
const validator = new HtmlValidate(loader);

for await (const line of createInterface({ input: process.stdin })) {
  const report = await validator.validateString(JSON.parse(line));
  const messages = report.results.flatMap((result) =>
    result.messages.map((one) => `${one.line}:${one.column} ${one.message} (${one.ruleId})`),
  );
  process.stdout.write(`${JSON.stringify(messages)}\n`);
}
