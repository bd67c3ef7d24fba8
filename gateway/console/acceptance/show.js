// One show through the console, by everybody who works with it, in a real
// browser: `node show.js` with the plan of console_test.go in $SHOWRUNNER_PLAN.
// It prints one line a step and ends with 1 and the fault at the first that
// does not hold. Nothing is waited for by the clock but the cut itself.

import { strict as assert } from "node:assert";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { Line } from "./line.js";

const plan = JSON.parse(process.env.SHOWRUNNER_PLAN);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = process.env.SHOWRUNNER_SCREENSHOTS;
const PATIENT = 60_000; // ms; a busy machine is given its time

const step = (text) => console.log(`${plan.language}: ${text}`);

/** One request past the browser, for what no page does: paying, and looking things up. */
async function api(role, method, path, body) {
  const res = await fetch(plan.url + path, {
    method, headers: { Authorization: `Bearer ${plan.tokens[role]}`, "Content-Type": "application/json" }, ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await res.text();
  assert.ok(res.ok, `${method} ${path}: ${res.status} ${text}`);
  return JSON.parse(text);
}

/** Asks again until what is asked for is there. */
async function until(what, ask) {
  for (const end = Date.now() + PATIENT; Date.now() < end; await new Promise((go) => setTimeout(go, 200))) {
    const got = await ask();
    if (got) return got;
  }
  assert.fail(`${what}: not within ${PATIENT} ms`);
}

const line = await Line.open(plan.url);
const browser = await chromium.launch({ executablePath: plan.chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const faults = [];

/** Somebody with a browser of their own, logged in, on a page. */
async function enter(role, path, size = { width: 1280, height: 800 }) {
  const context = await browser.newContext({ viewport: size, locale: plan.language === "zh" ? "zh-CN" : "en", colorScheme: "dark", reducedMotion: "reduce" });
  context.setDefaultTimeout(PATIENT);
  await context.addInitScript((language) => { if (!localStorage.getItem("showrunner.language")) localStorage.setItem("showrunner.language", language); }, plan.language);
  const page = await context.newPage();
  page.on("pageerror", (e) => faults.push(`${role}: ${e.message}`));
  page.on("console", (m) => { if (m.type() === "error" && !/ERR_|WebSocket|net::/.test(m.text())) faults.push(`${role}: ${m.text()}`); });
  await page.goto(`${line.url}/console/#${path}`);
  await page.fill("[name=token]", plan.tokens[role]);
  await page.press("[name=token]", "Enter");
  await page.waitForSelector("#page");
  assert.ok(!page.url().includes(plan.tokens[role].slice(-20)), "the token stands in the address");
  return page;
}

/** Looks for what keeps people out, in both themes; what is serious fails at the end. */
async function accessible(name, page) {
  for (const theme of ["dark", "light"]) {
    await page.evaluate((t) => { document.documentElement.dataset.theme = t; }, theme);
    if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const got = await window.axe.run(document, { resultTypes: ["violations"] });
      return got.violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 3).map((n) => `${n.target.join(" ")}: ${n.failureSummary}`) }));
    });
    for (const v of found) if (v.impact === "serious" || v.impact === "critical") faults.push(`${name} in ${theme}: ${v.id}: ${v.nodes.join("; ")}`);
    if (pictures) await page.screenshot({ path: join(pictures, `${name}-${plan.language}-${theme}.png`) });
  }
  await page.evaluate(() => { document.documentElement.dataset.theme = "dark"; });
  step(`${name} is looked at in both themes`);
}

try {
  const host = await enter("host", `/rooms/${plan.room}/host`);
  const viewer = await enter("viewer", `/rooms/${plan.room}/watch`, { width: 360, height: 740 });
  await host.waitForSelector("[data-standing=connected]");
  await viewer.waitForSelector(`[data-sku="${plan.sku}"]`);
  assert.equal(await host.getAttribute("html", "lang"), plan.language === "zh" ? "zh-CN" : "en");

  await host.click(`[data-sku="${plan.sku}"] [data-do=pin]`);
  await viewer.waitForSelector(`[data-pinned] [data-sku="${plan.sku}"]`);
  step("what the host pins the viewer sees");

  await host.click("[data-drop=coupon]");
  await host.waitForFunction((b) => document.querySelector("[name=batch]")?.value === b, plan.batch);
  await host.click("[data-part=drops] [data-do=drop], .drops [data-do=drop]");
  await viewer.click("[data-do=claim]");
  const coupon = await until("the coupon", async () => (await api("viewer", "GET", "/v1/me/coupons")).items.find((c) => c.batch_id === plan.batch));
  assert.equal(coupon.show_id, plan.show);
  step("what the host drops the viewer claims");
  await accessible("host", host);
  await accessible("watch", viewer);

  line.cut();
  await Promise.all([host, viewer].map((p) => p.waitForSelector("[data-standing=reconnecting]")));
  const news = `news ${plan.language} ${Date.now()}`;
  await api("operator", "POST", `/v1/shows/${plan.show}/commands`, { command_id: `announce-${plan.show}`, command: "announce", data: { text: news } });
  await new Promise((go) => setTimeout(go, plan.cut_ms));
  assert.equal(await viewer.getByText(news).count(), 0, "nothing comes through a line that is cut");
  line.mend();
  await Promise.all([host, viewer].map((p) => p.waitForSelector("[data-standing=connected], [data-standing=recovered]")));
  await viewer.getByText(news).first().waitFor();
  step(`cut for ${plan.cut_ms / 1000} s: both are back, and miss nothing`);

  await viewer.click("[data-pinned] [data-do=buy]");
  const order = await until("the order", async () => (await api("viewer", "GET", `/v1/orders?show_id=${plan.show}`)).items[0]);
  assert.equal(order.lines[0].sku_id, plan.sku);
  assert.equal((await api("viewer", "GET", `/v1/orders?show_id=${plan.show}`)).items.length, 1, "bought once");
  await api("integration", "POST", "/v1/orders/import?source=shop", [{ type: "order_paid", timestamp: new Date().toISOString(), data: { order_id: order.order_id, payment_id: `pay-${order.order_id}`, paid_minor: order.due_minor, currency: order.currency } }]);
  step("what the viewer buys is paid");

  const operator = await enter("operator", `/rooms/${plan.room}/host`);
  const paid = plan.paid + 1;
  await until("the paid order among the figures", async () => (await operator.textContent("[data-figure=orders]"))?.includes(String(paid)));
  const credit = await until("the credit", async () => {
    const got = await api("operator", "GET", `/v1/shows/${plan.show}/attribution?as_of=${encodeURIComponent(new Date().toISOString())}`);
    return got.totals.some((t) => t.value_minor === plan.paid_minor + order.due_minor) && got.totals[0];
  });
  assert.equal(credit.credits.reduce((sum, c) => sum + c.value_minor, 0) + credit.unattributed_minor, credit.value_minor, "credits sum to the money");
  assert.ok(credit.credits.length > 0, "somebody earned it");
  step("the operator sees the order, and who earned it");

  const agent = await enter("agent", "/desk");
  await agent.waitForSelector("[data-desk-standing=connected]");
  await viewer.click("[data-do=service]");
  await viewer.fill("[name=service]", plan.question);
  await viewer.click("[data-do=ask]");
  await agent.click("[data-session]");
  await agent.locator("[data-by=viewer]", { hasText: plan.question }).waitFor();
  await agent.locator(`[data-order="${order.order_id}"]`).waitFor();
  await agent.fill("[name=reply]", `/${plan.canned.slice(0, 3)}`);
  await agent.waitForSelector("[data-canned]");
  await agent.press("[name=reply]", "Enter");
  assert.equal(await agent.inputValue("[name=reply]"), plan.answer);
  await agent.press("[name=reply]", "Enter");
  await viewer.locator("[data-said]", { hasText: plan.answer }).waitFor();
  step("what the viewer asks the agent answers, with the order beside it");
  await agent.click("[data-tab=reach]");
  await agent.fill("[name=channel]", plan.refused);
  await agent.waitForSelector("[data-guard=suppressed] [data-rule=opt_out_channel]");
  assert.ok(await agent.isDisabled("[data-do=touch]"), "what the guard holds back cannot be sent");
  step("the guard holds a touch back before it is written");
  await accessible("desk", agent);

  await host.click("[data-move=end_show]");
  await host.click("[data-answer=yes]");
  await viewer.waitForSelector("[data-show=ended]");
  step("the host ends the show");

  const report = await until("the report", async () => {
    const got = await api("merchant", "GET", `/v1/shows/${plan.show}/report?format=json&as_of=${encodeURIComponent(new Date().toISOString())}`);
    return JSON.stringify(got).includes(`"gmv_paid_minor":${plan.paid_minor + order.due_minor}`) && got;
  });
  assert.ok(report);
  const merchant = await enter("merchant", "/rooms");
  for (const [format, sign] of [["xlsx", "PK"], ["html", "<!"]]) {
    // As the pages do: by a request that carries the token in its header.
    const begins = await merchant.evaluate(async (url) => {
      const res = await fetch(url, { headers: { Authorization: `Bearer ${sessionStorage.getItem("showrunner.token")}` } });
      return res.ok ? new TextDecoder("latin1").decode((await res.arrayBuffer()).slice(0, 2)) : String(res.status);
    }, `/v1/shows/${plan.show}/report?format=${format}&lang=${plan.language === "zh" ? "zh-CN" : "en"}`);
    assert.equal(begins, sign, format);
  }
  await accessible("rooms", merchant);
  await merchant.click("[data-do=log-out]");
  await merchant.waitForSelector("[name=token]");
  await accessible("login", merchant);
  step("the merchant's report has the order");
  assert.deepEqual(faults, [], "no page complained");
} catch (err) {
  if (pictures) for (const [i, c] of browser.contexts().entries()) for (const p of c.pages()) await p.screenshot({ path: join(pictures, `failed-${plan.language}-${i}.png`) }).catch(() => undefined);
  for (const c of browser.contexts()) for (const p of c.pages()) console.error(`--- ${p.url()}\n${await p.innerText("body").catch(() => "gone")}`);
  console.error(err, faults);
  process.exitCode = 1;
} finally {
  await browser.close();
  line.close();
}
