// The console in a real browser on a real server, which the Go test that runs
// this starts, kills and starts again. Ends with code 0 when all was seen.

import { ask, enter as login, equal, excuse, look, play, see, stage } from "./stage.mjs";

let cut = false; // while the server is away the browser complains, rightly
excuse.fault = () => cut;

const enter = (role, page, locale) => login(role, `/rooms/${stage.room}/${page}`, { locale, ready: '[data-standing="connected"]' });
async function text(p, where, want) {
  await p.waitForFunction(([w, t]) => document.querySelector(w)?.textContent.includes(t), [where, want]);
}

await play(async () => {
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
  equal("a product of one SKU", [await host.locator("[data-pinned-skus]").count(), await host.locator("[data-pinned-price]").innerText()], [0, "¥29.90"]);
  // A product of several SKUs is told with all of them, whichever was pressed.
  await host.click('li[data-sku="k5"] [data-do="pin"]');
  await see(host, "[data-pinned-skus]");
  const card = (what) => host.locator(`[data-pinned${what}]`).innerText();
  equal("a product of three SKUs", [await card(""), await card("-price"), await card("-left"), await card("-skus")], ["Good", "¥39.90 – ¥59.90", "10 left", "2 of 3 SKUs left"]);
  await host.click('li[data-sku="k2"] [data-do="pin"]');
  await text(viewer, "[data-pinned]", "Good k2");
  await text(host, "[data-pinned]", "Good k2");

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

  // A word is blocked: who writes it is refused, the panel counts it, and another panel sees the list change.
  await host.click('[data-do="keywords"]');
  await operator.click('[data-do="keywords"]');
  await host.fill("dialog input[name=keyword]", "spam");
  await host.click('dialog [data-do="block_keyword"]');
  await see(host, 'dialog [data-word="spam"]');
  await see(operator, 'dialog [data-word="spam"]');
  await viewer.fill("input[name=comment]", "S P A M now");
  await viewer.click('[data-do="send"]');
  await see(host, "[data-dropped]");
  equal("blocked comment at the host", await host.locator("[data-comment] .text", { hasText: "S P A M" }).count(), 0);
  await operator.click('dialog [data-word="spam"]');
  await host.waitForSelector('[data-word="spam"]', { state: "detached" });
  await host.keyboard.press("Escape");
  await operator.keyboard.press("Escape");

  // The show goes to another host.
  await host.click('[data-do="hand_over"]');
  await host.fill("dialog input[name=host]", "lin");
  await host.click('dialog [data-do="handover"]');
  await text(host, "[data-host-on]", "lin");
  await text(operator, "[data-host-on]", "lin");

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
});
