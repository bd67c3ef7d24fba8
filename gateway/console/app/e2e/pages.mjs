// The pages of merchants and operators in a real browser on a real server with
// one show and one order. Ends with code 0 when all was seen.

import { arrive } from "./arrive.mjs";
import { browser, enter as login, equal, excuse, go, json, look, play, stage, text } from "./stage.mjs";
import { zones } from "./zones.mjs";

excuse.fault = (text) => text.includes("404");
const enter = (role) => login(role, "/login");

await play(async () => {
  const door = await (await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 } })).newPage();
  await door.goto(`${stage.url}/console/`);
  await door.waitForSelector("input[name=token]");
  await look(door, "login");
  await door.context().close();

  const p = await enter("merchant");
  await go(p, "/rooms", `[data-room="${stage.room}"]`);
  await look(p, "rooms");

  await go(p, "/shows", `[data-show="${stage.show}"]`);
  await look(p, "shows");
  // A filter asks the server; what no show is says so.
  await p.click('[data-state="ended"]');
  await p.waitForSelector(`[data-show="${stage.show}"]`, { state: "detached" });
  await p.click('[data-state="live"]');
  await p.click(`[data-show="${stage.show}"] [data-do="report"]`);

  // The report's figures are the API's, the names the dictionary's.
  await p.waitForSelector('[data-figure="gmv_paid_minor"]');
  equal("paid", await text(p, '[data-figure="gmv_paid_minor"] b'), "¥10.01");
  equal("orders", await text(p, '[data-figure="orders_paid"] b'), "1");
  const { items } = await json("/v1/metrics");
  const paid = items.find((m) => m.key === "gmv_paid_minor");
  equal("name", (await text(p, '[data-figure="gmv_paid_minor"] .label')).toLowerCase(), paid.name_en.toLowerCase());
  await p.click('[data-figure="gmv_paid_minor"] .name');
  await p.waitForSelector("dialog[open]");
  equal("definition", (await text(p, "dialog[open]")).includes(paid.formula), true);
  await p.keyboard.press("Escape");
  await p.waitForSelector("dialog[open]", { state: "detached" });
  await p.waitForSelector('[data-section="timeline"] canvas');
  await p.fill('[data-field="find"]', "no such figure");
  equal("found", await p.locator('[data-section="metrics"] dt').count(), 0);
  await p.fill('[data-field="find"]', "ctor");
  await p.waitForSelector('[data-key="ctor"]');
  const [file] = await Promise.all([p.waitForEvent("download"), p.click('[data-format="csv"]')]);
  equal("file", file.suggestedFilename(), `${stage.show}.csv`);
  // A table that goes on says so until its end is in sight.
  await p.setViewportSize({ width: 360, height: 740 });
  await p.waitForSelector('[data-section="products"] [data-more]');
  await p.locator('[data-section="products"] [role=region]').evaluate((n) => n.scrollTo({ left: n.scrollWidth }));
  await p.waitForSelector('[data-section="products"] [data-more]', { state: "detached" });
  await p.setViewportSize({ width: 1280, height: 900 });
  await look(p, "report");

  // Who earned the money: by another model, by another dimension, by all models; one order explained.
  await go(p, "/attribution", "[data-total]");
  equal("credited", await text(p, "[data-total]"), "¥10.01");
  await p.selectOption('[data-field="by"]', "stage");
  await p.click('[data-model="linear"]');
  await p.waitForSelector('[data-section="earned"] canvas');
  await p.click('[data-do="compare"]');
  await p.waitForSelector("[data-compared] tbody tr");
  await p.click(`[data-explain="${stage.order}"]`);
  await p.waitForSelector("dialog[open] tbody tr");
  equal("explained", (await text(p, "dialog[open]")).includes("10.01"), true);
  await p.keyboard.press("Escape");
  await p.waitForSelector("dialog[open]", { state: "detached" });
  await look(p, "attribution");

  // Groups, whose days are made some seconds after their facts: the page asks again by itself. And what was done by whom.
  await go(p, "/groups", '[data-section="board"] tbody tr');
  equal("group", (await text(p, '[data-section="board"] tbody tr td')), "育儿群 3");
  await look(p, "groups");
  await go(p, "/audit", "tbody tr");
  await p.fill("input[name=show]", "no-such-show");
  await p.keyboard.press("Enter");
  await p.waitForSelector("tbody tr", { state: "detached" });
  await p.fill("input[name=show]", stage.show);
  await p.keyboard.press("Enter");
  await p.waitForSelector("tbody tr");
  await look(p, "audit");

  // The wall and one room in depth, by an operator.
  const op = await enter("operator");
  await go(op, "/wall", `[data-room="${stage.room}"]`);
  await op.waitForFunction(() => [...document.querySelectorAll('[data-room] .paid b')].some((n) => n.textContent.includes("10.01")));
  await look(op, "wall");
  await op.click(`[data-room="${stage.room}"] [data-do="open"]`);
  await op.waitForFunction(() => document.querySelector('[data-figure="gmv_paid_minor"] b')?.textContent.includes("10.01"));
  await op.waitForSelector('[data-section="curve"] canvas');
  await op.waitForSelector(`[data-order="${stage.order}"]`);
  await op.fill("input[name=prompt]", "Show the blade");
  await op.click('[data-do="send"]');
  await op.waitForFunction(() => document.querySelector("input[name=prompt]")?.value === "");
  await look(op, "depth");
  await op.click('[data-do="full"]');
  await op.waitForSelector(".screen.full");
  await op.click('[data-do="full"]');
  await op.waitForSelector(".screen.full", { state: "detached" });
  await op.context().close();

  await arrive();
  await zones();

  // An administrator chooses whose; a moderator is not let in.
  const admin = await enter("admin");
  await go(admin, "/shows", `[data-show="${stage.show}"]`);
  await admin.context().close();
  const moderator = await enter("moderator");
  equal("pages of a moderator", await moderator.locator('nav [data-page="shows"]').count(), 0);
  await go(moderator, `/reports/${stage.show}`, "main");
  await moderator.waitForFunction(() => location.hash === "#/denied");
  await look(moderator, "denied");
  await moderator.context().close();
});
