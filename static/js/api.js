// Requests to the server; what goes wrong comes as an Error with `status` and `body`.

function token() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

export async function post(url, body) {
  const form = body instanceof FormData;
  const headers = { "X-CSRFToken": token(), Accept: "application/json" };
  if (!form) headers["Content-Type"] = "application/json";
  const answer = await fetch(url, { method: "POST", headers, body: form ? body : JSON.stringify(body) });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const error = new Error(found.detail ?? found.title ?? `${answer.status}`);
    throw Object.assign(error, { status: answer.status, body: found });
  }
  return found;
}

export async function part(url, name) {
  const answer = await fetch(url, { headers: { "X-Part": name } });
  if (!answer.ok) throw Object.assign(new Error(`${answer.status}`), { status: answer.status });
  return answer;
}
