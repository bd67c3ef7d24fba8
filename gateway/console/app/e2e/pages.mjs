// The pages of merchants and operators in a real browser on a real server with
// one show and one order. Ends with code 0 when all was seen.

import { chromium } from "playwright-core";

const stage = JSON.parse(process.env.STAGE ?? "{}"); // {url, room, show, order, chromium, shots, tokens: {merchant, operator, moderator, admin}}
const PATIENCE = 60_000;
const browser = await chromium.launch({ executablePath: stage.chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const faults = [];

function equal(what, got, want) {
  if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`${what}: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

async function enter(role) {
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(PATIENCE);
  const p = await context.newPage();
  p.on("pageerror", (e) => faults.push(`${role}: ${e.stack}`));
  p.on("console", (m) => { if (m.type() === "error" && !m.text().includes("404")) faults.push(`${role}: ${m.text()} ${m.location().url}`); });
  await p.goto(`${stage.url}/console/#/login`);
  await p.fill("input[name=token]", stage.tokens[role]);
  await p.click("button[type=submit]");
  await p.waitForSelector("nav a[data-page]");
  return p;
}

/** Goes to a page of this tab and waits for what must stand on it. */
async function go(p, place, what) {
  await p.evaluate((hash) => { location.hash = hash; }, place);
  await p.waitForSelector(what);
}

/** Nothing overflows and nothing lacks a name, at all widths, themes and languages; pictures where they are wanted. */
async function look(p, name) {
  for (const [language, button] of [["en", "中文"], ["zh", "EN"]]) {
    if ((await p.textContent('[data-do="language"]')) !== button) await p.click('[data-do="language"]');
    for (const theme of ["dark", "light"]) {
      if ((await p.getAttribute("html", "data-theme")) !== theme) await p.click('[data-do="theme"]');
      for (const width of [360, 1280, 1920]) {
        await p.setViewportSize({ width, height: width === 360 ? 740 : 960 });
        await p.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))));
        const wide = await p.evaluate(() => [...document.querySelectorAll("html, body, main, .button")]
          .filter((n) => n.checkVisibility() && n.clientWidth > 0 && n.scrollWidth > n.clientWidth + 1).map((n) => `${n.tagName}.${n.className} ${n.textContent.trim().slice(0, 30)}`));
        equal(`${name} ${language} ${theme} ${width}: does not fit`, wide, []);
        const unnamed = await p.evaluate(() => [...document.querySelectorAll("button, input, select, [role=region], [role=img]")]
          .filter((n) => n.checkVisibility() && !n.textContent.trim() && !n.getAttribute("aria-label") && !n.labels?.length).map((n) => n.outerHTML.slice(0, 120)));
        equal(`${name} ${language}: without a name`, unnamed, []);
        if (stage.shots) await p.screenshot({ path: `${stage.shots}/${name}-${language}-${theme}-${width}.png` });
      }
    }
  }
  await p.click('[data-do="language"]');
  await p.click('[data-do="theme"]');
  await p.setViewportSize({ width: 1280, height: 900 });
}

const json = async (path, role = "merchant") => (await fetch(`${stage.url}${path}`, { headers: { Authorization: `Bearer ${stage.tokens[role]}` } })).json();
const text = (p, where) => p.textContent(where).then((t) => t?.trim());

try {
  const p = await enter("merchant");

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

  // Groups, whose days are made some seconds after their facts, and what was done by whom.
  for (const end = Date.now() + PATIENCE; !((await json("/v1/groups/board")).items?.length > 0);) {
    if (Date.now() > end) throw new Error("no group was made of its facts");
    await p.waitForTimeout(200);
  }
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

  // An administrator chooses whose; a moderator is not let in.
  const admin = await enter("admin");
  await go(admin, "/shows", `[data-show="${stage.show}"]`);
  await admin.context().close();
  const moderator = await enter("moderator");
  equal("pages of a moderator", await moderator.locator('nav [data-page="shows"]').count(), 0);
  await go(moderator, `/reports/${stage.show}`, "main");
  await moderator.waitForFunction(() => location.hash === "#/denied");
  await moderator.context().close();
  equal("the pages complained", faults, []);
} catch (err) {
  for (const context of browser.contexts()) {
    for (const p of context.pages()) {
      console.error(`--- ${p.url()}\n${await p.evaluate(() => document.body.innerText).catch(() => "")}`);
      if (stage.shots) await p.screenshot({ path: `${stage.shots}/failed-${Date.now()}.png` }).catch(() => undefined);
    }
  }
  console.error(err, faults);
  process.exitCode = 1;
} finally {
  await browser.close();
}
