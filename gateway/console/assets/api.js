// The HTTP side of the page. The token goes into a header, never into a URL.

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.status = status;
    this.code = body.code || "";
  }
}

// claims reads what a token says about itself, for showing and hiding only: the
// page cannot check the signature and does not need to.
export function claims(token) {
  const part = token.split(".")[1];
  if (!part) return null;
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const c = JSON.parse(new TextDecoder().decode(bytes));
    return c && typeof c === "object" ? c : null;
  } catch {
    return null;
  }
}

// fetchAs asks the API as the token's bearer; anything but success is a Problem.
export async function fetchAs(token, path, fetch = globalThis.fetch) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" });
  if (answer.ok) return answer;
  let body = {};
  try {
    body = await answer.json();
  } catch {
    // A proxy's page instead of a problem document: the status says enough.
  }
  throw new Problem(answer.status, body);
}

// rooms lists every room the token reaches, page by page.
export async function rooms(token, fetch = globalThis.fetch) {
  const all = [];
  let cursor = "";
  do {
    const path = "/v1/rooms" + (cursor ? `?cursor=${encodeURIComponent(cursor)}` : "");
    const page = await (await fetchAs(token, path, fetch)).json();
    all.push(...page.items);
    cursor = page.next_cursor || "";
  } while (cursor);
  return all;
}
