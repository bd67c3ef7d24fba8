// One show through the console, by everybody who works with it, in a real
// browser. It says one line a step and ends at the first that does not hold.
// Nothing is waited for by the clock but the cut itself.

import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { Line } from "./line.mjs";
import { accessible as look, enter as login, excuse, go, PATIENCE, play, reads, stage as plan } from "./stage.mjs";

excuse.fault = (text) => /ERR_|WebSocket|net::|409/.test(text); // 409: an order is asked about before its payment was read
const step = (text) => console.log(`${plan.language}: ${text}`);

/** One request past the browser, for what no page does: looking things up. */
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
  for (const end = Date.now() + PATIENCE; Date.now() < end; await new Promise((go) => setTimeout(go, 200))) {
    const got = await ask();
    if (got) return got;
  }
  assert.fail(`${what}: not within ${PATIENCE} ms`);
}

const line = await Line.open(plan.url);

/** Somebody with a browser of their own, logged in, on a page, over the line that will be cut. */
const enter = (role, place, size = { width: 1280, height: 800 }) =>
  login(role, place, { locale: plan.language === "zh" ? "zh-CN" : "en", size, ready: "#page", url: line.url, more: { colorScheme: "dark", reducedMotion: "reduce" } });

/** Looks for what keeps people out, in both themes; what is serious fails at the end. */
async function accessible(name, page) {
  for (const theme of ["dark", "light"]) {
    await page.evaluate((t) => { document.documentElement.dataset.theme = t; }, theme);
    await look(page, `${name} in ${theme}`);
    if (plan.shots) await page.screenshot({ path: `${plan.shots}/${name}-${plan.language}-${theme}.png` });
  }
  await page.evaluate(() => { document.documentElement.dataset.theme = "dark"; });
  step(`${name} is looked at in both themes`);
}

/** Presses a button of the report and holds the file against what the route gives for the same question. */
async function download(page, format) {
  const asks = page.waitForRequest((r) => r.url().includes("/report?") && r.url().includes(`format=${format}`));
  const [file, request] = await Promise.all([page.waitForEvent("download"), asks, page.click(`[data-format="${format}"]`)]);
  const url = new URL(request.url());
  const want = await fetch(plan.url + url.pathname + url.search, { headers: { Authorization: `Bearer ${plan.tokens.merchant}` } });
  assert.ok(url.searchParams.get("as_of"), "a file is as of the instant of the page");
  return { name: file.suggestedFilename(), same: Buffer.compare(await readFile(await file.path()), Buffer.from(await want.arrayBuffer())) === 0 };
}

await play(async () => {
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

  const operator = await enter("operator", `/rooms/${plan.room}/depth`);
  await operator.waitForSelector("[data-standing=connected]");
  await viewer.waitForSelector("[data-demo-shop]");
  await viewer.click("[data-pinned] [data-do=buy]");
  await viewer.waitForSelector("dialog[open] [data-do=pay]");
  await accessible("checkout", viewer);
  const order = await until("the order", async () => (await api("viewer", "GET", `/v1/orders?show_id=${plan.show}`)).items[0]);
  assert.equal(order.lines[0].sku_id, plan.sku);
  assert.equal((await api("viewer", "GET", `/v1/orders?show_id=${plan.show}`)).items.length, 1, "bought once");

  // The payment fails, then the line is cut while the viewer presses: nothing is paid twice.
  await viewer.click("dialog[open] [data-do=fail]");
  await viewer.waitForSelector("dialog[open] [data-failed]");
  line.cut();
  await viewer.click("dialog[open] [data-do=pay]");
  await viewer.locator("[data-toast].bad").first().waitFor();
  line.mend();
  await viewer.waitForSelector("[data-standing=connected], [data-standing=recovered]");
  await viewer.click("dialog[open] [data-do=pay]");
  await viewer.waitForSelector(`[data-own="${order.order_id}"][data-state=paid]`);
  await viewer.waitForSelector("dialog[open]", { state: "detached" });
  const paid = await api("viewer", "GET", `/v1/orders/${order.order_id}`);
  assert.deepEqual([paid.paid_minor, paid.payment_failures, paid.flags], [order.due_minor, 1, []], "paid once, after one failure");
  step("what the viewer buys is paid");

  // On the operator's page the order stands with who earned it, by the touches that led to it.
  await operator.waitForSelector(`[data-order="${order.order_id}"] [data-credit]`);
  await operator.click(`[data-order="${order.order_id}"] [data-do=why]`);
  await operator.waitForSelector("dialog[open] tbody tr");
  await reads(operator, "dialog[open]", (order.due_minor / 100).toLocaleString("en", { minimumFractionDigits: 2 }));
  await operator.keyboard.press("Escape");
  await operator.waitForFunction((n) => document.querySelector('[data-figure="orders_paid"] b')?.textContent === n, String(plan.paid + 1));
  await accessible("depth", operator);
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

  // The viewer asks for the money, and an operator refuses: the sale stands.
  await viewer.click(`[data-own="${order.order_id}"] [data-do=own-refund]`);
  await viewer.waitForSelector(`[data-own="${order.order_id}"] [data-refund=asked]`);
  await operator.click(`[data-order="${order.order_id}"] [data-do=refund]`);
  await operator.waitForSelector("dialog[open] [data-asked]");
  await operator.fill("dialog[open] [name=reason]", plan.answer);
  await operator.click("dialog[open] [data-do=refuse]");
  await viewer.waitForSelector(`[data-own="${order.order_id}"] [data-refund=refused]`);
  step("the viewer asks for the money, and is refused with a reason");

  await host.click("[data-move=end_show]");
  await host.click("[data-answer=yes]");
  await viewer.waitForSelector("[data-show=ended]");
  step("the host ends the show");

  // The merchant has the report on the page and as files, from the page's own buttons.
  await until("the report", async () => {
    const got = await api("merchant", "GET", `/v1/shows/${plan.show}/report?format=json&as_of=${encodeURIComponent(new Date().toISOString())}`);
    return got.complete && got.metrics.gmv_paid_minor === plan.paid_minor + order.due_minor;
  });
  const merchant = await enter("merchant", `/reports/${plan.show}`);
  await reads(merchant, '[data-figure="gmv_paid_minor"] b', ((plan.paid_minor + order.due_minor) / 100).toLocaleString("en", { minimumFractionDigits: 2 }));
  for (const format of ["html", "xlsx", "csv", "json"]) {
    const file = await until(`the ${format} as the route gives it`, async () => { const got = await download(merchant, format); return got.same && got; });
    assert.equal(file.name, `${plan.show}.${format}`);
  }
  step("the merchant's files are the route's bytes");
  await accessible("report", merchant);
  await go(merchant, "/rooms", "[data-room], main a");
  await accessible("rooms", merchant);
  await merchant.click("[data-do=log-out]");
  await merchant.waitForSelector("[name=token]");
  await accessible("login", merchant);
  step("the merchant's report has the order");
}).finally(() => line.close());
