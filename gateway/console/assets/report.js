// Shows a post-show report in its own window. The server's report is a page by
// itself; it is fetched with the token in a header and put in the place of this
// one. Scripts it might hold would not run: its parser does not run any, and
// the policy of this page allows none but this.

import { fetchAs } from "./api.js";
import { preferred, say } from "./i18n.js";

const language = preferred(localStorage.getItem("showrunner.language"), navigator.languages);
const note = document.getElementById("note");
const tell = (key, values) => { note.textContent = say(language, key, values); };

async function show() {
  const asked = new URLSearchParams(location.search);
  const token = sessionStorage.getItem("showrunner.token");
  if (!token) return tell("report_login");
  tell("report_loading");
  const query = new URLSearchParams({ format: "html" });
  if (asked.get("as_of")) query.set("as_of", asked.get("as_of"));
  try {
    const path = `/v1/shows/${encodeURIComponent(asked.get("show") || "")}/report?${query}`;
    const html = await (await fetchAs(token, path)).text();
    const report = new DOMParser().parseFromString(html, "text/html");
    document.replaceChild(document.adoptNode(report.documentElement), document.documentElement);
  } catch (err) {
    tell("report_failed", { message: err.message });
  }
}

await show();
