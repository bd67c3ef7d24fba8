// A page whose code does not come: over a line that is cut, from a server that
// was updated meanwhile, and from one that never has it. Part of pages.mjs.

import { accessible, enter, equal, excuse, go, stage } from "./stage.mjs";
import { Line } from "./line.mjs";

const styled = (p, name) => p.evaluate((n) => [...document.styleSheets].some((s) => s.href?.endsWith(`/${n}.css`)), name);
const gone = (p, what) => p.waitForSelector(what, { state: "detached" });

export async function arrive() {
  const was = excuse.fault;
  excuse.fault = (text) => /404|ERR_|net::/.test(text);
  const line = await Line.open(stage.url);
  try {
    await cut(line);
    await updated();
  } finally {
    line.close();
  }
  excuse.fault = was;
}

/** The line is cut: the page says so, stays where it is, and the next comes by itself, with its styles. */
async function cut(line) {
  const p = await enter("merchant", "/shows", { url: line.url, ready: `[data-show="${stage.show}"]` });
  line.cut();
  await p.click('nav [data-page="audit"]');
  await p.waitForSelector('[data-coming="cut"] [data-do="hurry"]');
  equal("still there", await p.locator(`[data-show="${stage.show}"]`).count(), 1);
  await accessible(p, "a page that does not come");
  await p.click('[data-do="language"]');
  await p.waitForFunction(() => document.querySelector("[data-coming]")?.textContent.includes("连不上服务器"));
  await p.click('[data-do="language"]');
  // Who goes back to where they are waits for nothing.
  await p.click('nav [data-page="shows"]');
  await gone(p, "[data-coming]");
  await p.click('nav [data-page="audit"]');
  await p.waitForSelector('[data-coming="cut"]');
  line.mend();
  await p.waitForSelector("tbody tr");
  await gone(p, "[data-coming]");
  equal("styles that came late", await styled(p, "AuditPage"), true);
  // Who logs out meanwhile leaves nothing behind but the word that the login comes.
  await p.reload();
  await p.waitForSelector("tbody tr");
  const lost = (route) => route.abort();
  await p.route("**/LoginPage.js", lost);
  await p.click('[data-do="log-out"]');
  await p.waitForSelector("[data-coming]");
  equal("left on the screen", await p.locator("tbody tr, nav").count(), 0);
  await p.unroute("**/LoginPage.js", lost);
  await p.waitForSelector("input[name=token]");
  await p.context().close();
}

/** The server has another build: the document is loaded anew once, at the page that was asked for; not again though that does not help. */
async function updated() {
  const p = await enter("merchant", "/shows", { ready: `[data-show="${stage.show}"]` });
  let documents = 0;
  p.on("request", (r) => { if (r.resourceType() === "document") documents++; });
  const chunk = "**/GroupsPage.js";
  const missing = (route) => route.fulfill({ status: 404, body: "" });
  await p.route(chunk, missing);
  await p.route("**/console/", async (route) => {
    if (route.request().resourceType() === "document") {
      await p.unroute(chunk, missing);
      return route.continue();
    }
    const answer = await route.fetch();
    return route.fulfill({ response: answer, body: (await answer.text()).replace(/assets\/[0-9a-f]+\//g, "assets/0123456789abcdef/") });
  });
  await p.click('nav [data-page="groups"]');
  await p.waitForSelector('[data-section="board"]');
  equal("documents after an update", documents, 1);

  // The code of this one is nowhere.
  await p.route("**/LadderPage.js", missing);
  await p.click('nav [data-page="ladder"]');
  await p.waitForFunction(() => sessionStorage.getItem("showrunner.reloaded.ladder") !== null);
  await p.waitForSelector('[data-coming="missing"] [data-do="hurry"]');
  const asked = () => p.waitForRequest("**/LadderPage.js");
  for (let times = 0; times < 3; times++) await asked();
  equal("documents of a page that is nowhere", documents, 2);
  await p.unroute("**/LadderPage.js", missing);
  await p.waitForSelector('nav [data-page="ladder"][aria-current]');
  equal("documents once it is there", documents, 2);
  equal("remembered", await p.evaluate(() => sessionStorage.getItem("showrunner.reloaded.ladder")), null);
  await go(p, "/shows", `[data-show="${stage.show}"]`);
  await p.context().close();
}
