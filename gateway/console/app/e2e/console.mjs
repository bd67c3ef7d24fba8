// The console in a real browser on a real server, which the Go test that runs
// this starts, kills and starts again. Ends with code 0 when all was seen.

import { chromium } from "playwright-core";
import { createInterface } from "node:readline";

const stage = JSON.parse(process.env.STAGE ?? "{}"); // {url, room, chromium, shots, tokens: {host, operator, moderator, viewer}}
const lines = createInterface({ input: process.stdin });
const replies = lines[Symbol.asyncIterator]();
/** Asks the test that runs this for something, and waits until it is done. */
async function ask(what) {
  console.log(`@${what}`);
  await replies.next();
}

const PATIENCE = 60_000;
const browser = await chromium.launch({ executablePath: stage.chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const faults = [];
let cut = false; // while the server is away the browser complains, rightly

async function enter(role, page, locale, size = { width: 1280, height: 900 }) {
  const context = await browser.newContext({ locale, viewport: size });
  context.setDefaultTimeout(PATIENCE);
  const p = await context.newPage();
  p.on("pageerror", (e) => faults.push(`${role}: ${e.stack}`));
  p.on("console", (m) => { if (m.type() === "error" && !cut) faults.push(`${role}: ${m.text()} ${m.location().url}`); });
  await p.goto(`${stage.url}/console/#/rooms/${stage.room}/${page}`);
  await p.fill("input[name=token]", stage.tokens[role]);
  await p.click("button[type=submit]");
  await p.waitForSelector('[data-standing="connected"]');
  if (p.url().includes(stage.tokens[role])) throw new Error("the token stands in the address");
  return p;
}

const see = (p, what) => p.waitForSelector(what);
async function text(p, where, want) {
  await p.waitForFunction(([w, t]) => document.querySelector(w)?.textContent.includes(t), [where, want]);
}
function equal(what, got, want) {
  if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`${what}: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

/** Pictures of a page at all widths, themes and languages, where they are wanted; and whether anything overflows. */
async function look(p, name) {
  for (const [language, button] of [["en", "中文"], ["zh", "EN"]]) {
    if ((await p.textContent('[data-do="language"]')) !== button) await p.click('[data-do="language"]');
    for (const theme of ["dark", "light"]) {
      if ((await p.getAttribute("html", "data-theme")) !== theme) await p.click('[data-do="theme"]');
      for (const width of [360, 1280, 1920]) {
        await p.setViewportSize({ width, height: width === 360 ? 740 : 960 });
        await p.waitForFunction(() => document.fonts.status === "loaded" && new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))));
        const wide = await p.evaluate(() => [...document.querySelectorAll("html, body, main, .figure, .value, .button")]
          .filter((n) => n.checkVisibility() && n.clientWidth > 0 && n.scrollWidth > n.clientWidth + 1).map((n) => `${n.tagName}.${n.className} ${n.textContent.trim().slice(0, 30)}`));
        equal(`${name} ${language} ${theme} ${width}: does not fit`, wide, []);
        const unnamed = await p.evaluate(() => [...document.querySelectorAll("button, input, select, section, [role=log], [role=region]")]
          .filter((n) => n.checkVisibility() && !n.textContent.trim() && !n.getAttribute("aria-label") && !n.labels?.length).map((n) => n.outerHTML.slice(0, 120)));
        equal(`${name} ${language}: without a name`, unnamed, []);
        if (stage.shots) await p.screenshot({ path: `${stage.shots}/${name}-${language}-${theme}-${width}.png` });
      }
    }
  }
  if ((await p.textContent('[data-do="language"]')) !== "中文") await p.click('[data-do="language"]');
  await p.click('[data-do="theme"]');
  await p.setViewportSize({ width: 1280, height: 900 });
}

try {
  const viewer = await enter("viewer", "watch", "zh-CN");
  const host = await enter("host", "host", "en-GB");
  equal("languages", [await viewer.getAttribute("html", "lang"), await host.getAttribute("html", "lang")], ["zh-CN", "en"]);

  // The host pins by key and by click; the viewer sees it.
  await see(host, 'li[data-sku="k1"]');
  await host.keyboard.press("1");
  await text(viewer, "[data-pinned]", "Good k1");
  await text(host, "[data-pinned]", "Good k1");
  await host.click('[data-do="start_explain"]');
  await see(host, '[data-do="end_explain"]');
  await host.click('[data-do="language"]');
  await host.click('li[data-sku="k2"] [data-do="pin"]');
  await text(viewer, "[data-pinned]", "Good k2");
  await host.click('[data-do="language"]');

  // What people write is text; hidden it is gone for viewers and struck for the host.
  const hostile = '<img src=x onerror="window.ran=1"> 多少钱?';
  await viewer.fill("input[name=comment]", hostile);
  await viewer.click('[data-do="send"]');
  await text(host, "[data-comment] .text", hostile);
  equal("a comment became markup", await host.evaluate(() => [window.ran ?? 0, document.querySelectorAll("[data-comment] img").length]), [0, 0]);
  await host.keyboard.press("j");
  await host.keyboard.press("h");
  await see(host, ".comment.gone");
  await viewer.waitForFunction(() => document.querySelectorAll("[data-comment]").length === 0);
  await host.keyboard.press("h");
  await see(viewer, "[data-comment]");
  await host.keyboard.press("Escape");
  await host.keyboard.press("?");
  await see(host, "dialog[open] kbd");
  await host.keyboard.press("Escape");
  await host.waitForFunction(() => !document.querySelector("dialog[open]"));

  // The viewer buys; the host sees what is left.
  await viewer.click('[data-pinned] [data-do="buy"]');
  await text(host, 'li[data-sku="k2"] [data-left]', "4");
  // The host releases stock, then an operator sells it cheaper, and gives a packet away.
  await host.click('li[data-sku="k1"] [data-do="stock"]');
  await host.fill("dialog input[name=qty]", "5");
  await host.check("dialog input[name=extend]"); // all that was allotted is out
  await host.click("dialog [data-do=release]");
  await text(host, 'li[data-sku="k1"] [data-left]', "10");
  const operator = await enter("operator", "host", "zh-CN");
  await operator.click('li[data-sku="k1"] [data-do="flash"]');
  await operator.fill("dialog input[name=price]", "9.90");
  await operator.fill("dialog input[name=qty]", "3");
  await operator.click("dialog [data-do=begin]");
  await see(host, 'li[data-sku="k1"] [data-sale]');
  await operator.click('[data-drop="packet"]');
  await operator.fill("input[name=total]", "88");
  await operator.click('.drops [data-do="drop"]');
  await operator.click('dialog [data-answer="yes"]');
  await see(viewer, '.gift [data-do="open"]');
  await ask("prompt");
  await text(host, "[data-prompt]", "Show the blade");
  await ask("pay");
  await text(host, '[data-figure="orders"]', "1");
  await text(host, '[data-figure="paid"]', "29.90");

  // A moderator sees no money: no card of it, and none of its levers.
  const moderator = await enter("moderator", "host", "en-GB");
  await see(moderator, '[data-figure="orders"]');
  equal("money for a moderator", await moderator.locator('[data-figure="paid"], [data-drop], [data-do="stock"], [data-do="flash"], [data-move]').count(), 0);
  await moderator.context().close();

  // Customer service, without leaving the room.
  await viewer.click('[data-do="service"]');
  await viewer.fill("input[name=service]", "发货地在哪里?");
  await viewer.click('[data-do="ask"]');
  await viewer.waitForFunction(() => [...document.querySelectorAll(".words [data-said]")].some((n) => n.textContent.includes("发货地在哪里?")));

  await look(host, "host");
  await look(viewer, "watch");

  // The server is killed; the page says so, comes back and misses nothing.
  cut = true;
  await ask("kill");
  await see(host, '[data-standing="reconnecting"]');
  await ask("start");
  await see(host, '[data-standing="recovered"], [data-standing="connected"]');
  cut = false;
  await viewer.waitForSelector('[data-standing="recovered"], [data-standing="connected"]');
  await viewer.fill("input[name=comment]", "still here");
  await viewer.click('[data-do="send"]');
  await host.waitForFunction(() => [...document.querySelectorAll("[data-comment] .text")].some((n) => n.textContent === "still here"));

  // Without a network nothing is claimed.
  cut = true;
  await host.context().setOffline(true);
  await see(host, '[data-standing="offline"]');
  await host.context().setOffline(false);
  await see(host, '[data-standing="recovered"], [data-standing="connected"]');
  cut = false;

  // Ending asks first; the room tells everybody. Logging out leaves nothing.
  await host.click('[data-move="end_show"]');
  await host.click('dialog [data-answer="yes"]');
  await see(host, '[data-show="ended"]');
  await see(viewer, "[data-state]");
  await host.click('[data-do="log-out"]');
  await see(host, "input[name=token]");
  equal("left after logging out", await host.evaluate(() => sessionStorage.getItem("showrunner.token")), null);
  equal("the pages complained", faults, []);
  console.log("@done");
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
  lines.close();
  process.stdin.destroy();
}
