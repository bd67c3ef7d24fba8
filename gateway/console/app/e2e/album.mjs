// An album of the console: every page and its states, as people see them while a
// simulated show is on the air and after it. Only pictures are taken here, and
// looked at for what keeps people out or does not fit; what pages do is played
// elsewhere. One part of it a run; ends with code 0 when all of it was taken.

import { browser, enter, excuse, go, look, play, see, settled, stage } from "./stage.mjs";

excuse.fault = (text) => /40[0-9]|ERR_|WebSocket|net::/.test(text); // pages that are refused, and the cut
const only = (process.env.ALBUM ?? "").split(",").filter(Boolean); // of the merchant's pages, for who takes one again
const BOX = { widths: [360, 1280] }; // a dialog is not wider on a wide screen
const PHONE = { widths: [360] };
const escape = async (p) => { await p.keyboard.press("Escape"); await p.waitForSelector("dialog[open]", { state: "detached" }); };

/** A dialog that a button opens. */
async function box(p, what, name) {
  await p.click(`[data-do="${what}"]`);
  await see(p, "dialog[open]");
  await look(p, name, BOX);
  await escape(p);
}

/** One request past the browser, to prepare what no page does. */
async function tell(role, method, path, body) {
  const res = await fetch(stage.url + path, { method, headers: { Authorization: `Bearer ${stage.tokens[role]}`, "Content-Type": "application/json", "Idempotency-Key": `${method}:${path}` }, body: JSON.stringify(body) });
  if (!res.ok && res.status !== 409) throw new Error(`${method} ${path}: ${res.status} ${await res.text()}`);
  return res.json().catch(() => ({}));
}

async function strangers() {
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 } });
  const p = await context.newPage();
  await p.goto(`${stage.url}/console/`);
  await see(p, "input[name=token]");
  await look(p, "login");
  await p.fill("input[name=token]", "no token");
  await p.click('[data-form="token"] button');
  await see(p, "[data-reason]");
  await look(p, "login-refused", BOX);
  await context.close();
}

async function host() {
  const p = await enter("host", `/rooms/${stage.room}/host`);
  await see(p, "[data-comment]");
  await p.evaluate(() => document.querySelector('li[data-sku] [data-do="pin"]')?.click());
  await see(p, '[data-do="start_explain"], [data-do="end_explain"]');
  await look(p, "host");
  for (const tab of ["drops", "more", "comments"]) { // the last is that of the box of blocked words
    await p.setViewportSize({ width: 360, height: 740 });
    await p.click(`[data-tab-of="${tab}"]`);
    await look(p, `host-tab-${tab}`, PHONE);
  }
  await p.setViewportSize({ width: 1280, height: 900 });
  for (const [what, name] of [["help", "help"], ["keywords", "keywords"], ["hand_over", "handover"]]) {
    if (await p.locator(`[data-do="${what}"]`).count() === 0) continue;
    await box(p, what, `host-${name}`);
  }
  await p.click('[data-move="end_show"]');
  await see(p, "dialog[open]");
  await look(p, "host-end", BOX);
  await escape(p);
  const op = await enter("operator", `/rooms/${stage.room}/host`);
  await see(op, "[data-comment]");
  for (const what of ["stock", "flash"]) {
    await op.locator(`li[data-sku] [data-do="${what}"]`).first().click();
    await see(op, "dialog[open]");
    await look(op, `host-${what}`, BOX);
    await escape(op);
  }
  for (const drop of ["packet", "draw"]) {
    await op.click(`[data-drop="${drop}"]`);
    await look(op, `host-drop-${drop}`, { widths: [1280] });
  }
  await op.context().setOffline(true);
  await see(op, '[data-standing="offline"], [data-standing="reconnecting"]');
  await look(op, "host-offline", { widths: [360, 1280] });
  await op.context().close();
  const m = await enter("moderator", `/rooms/${stage.room}/host`);
  await see(m, "[data-comment]");
  await look(m, "host-moderator", { widths: [1280] });
  await m.context().close();
  await p.context().close();
}

/** What is before a show: nothing planned, something to do, a rehearsal. */
async function before() {
  const room = `${stage.room}-next`;
  await tell("merchant", "POST", "/v1/rooms", { room_id: room, title: "Kitchen night 厨房专场", currency: "CNY", time_zone: "Asia/Shanghai" });
  const p = await enter("operator", `/rooms/${room}/host`);
  await see(p, "[data-show]");
  await look(p, "host-none");
  await go(p, `/rooms/${room}/depth`, "section.screen");
  await look(p, "depth-none", { widths: [1280] });
  const show = await tell("operator", "POST", `/v1/rooms/${room}/shows`, { title: "Kitchen night 厨房专场 · 11 月 28 日", planned_start_at: new Date(Date.now() + 5 * 86_400_000).toISOString() });
  await tell("operator", "PUT", `/v1/shows/${show.show_id}/shelf`, { items: [
    { product_id: "knife", sku_id: "knife-20", title: "大马士革主厨刀 20 cm", price_minor: 45900, currency: "CNY", stock: 120, rank: 1 },
    { product_id: "pot", sku_id: "pot-24", title: "铸铁锅 24 cm Cast-iron pot, enamelled inside, for every hob and the oven", price_minor: 69900, currency: "CNY", stock: 60, rank: 2 },
  ] });
  await go(p, `/rooms/${room}/host`, '[data-show="scheduled"]');
  await see(p, "[data-check]");
  await look(p, "host-scheduled");
  await p.click('[data-move="rehearse"]');
  await p.click('dialog [data-answer="yes"]');
  await p.waitForSelector('[data-show="live"]');
  await look(p, "host-rehearsal", { widths: [360, 1280] });
  const v = await enter("viewer", `/rooms/${room}/watch`);
  await see(v, "[data-show]");
  await look(v, "watch-rehearsal", { widths: [360, 1280] });
  await v.context().close();
  await p.click('[data-move="end_show"]');
  await p.click('dialog [data-answer="yes"]');
  await p.context().close();
}

async function viewer() {
  const p = await enter("viewer", `/rooms/${stage.room}/watch`);
  await see(p, "[data-sku]");
  await p.click('[data-do="service"]');
  await p.fill("input[name=service]", "亚麻衬衫几天能到？ When does the shirt arrive?");
  await p.click('[data-do="ask"]');
  await see(p, "[data-said]");
  await look(p, "watch");
  await go(p, "/rooms", "input[name=room]");
  await look(p, "rooms-viewer", BOX);
  await p.context().close();
}

async function operator() {
  const p = await enter("operator", "/wall");
  await see(p, "[data-room] .paid b");
  await look(p, "wall");
  await p.click('[data-do="full"]');
  await see(p, ".screen.full");
  await look(p, "wall-full", { widths: [1280, 1920] });
  await p.keyboard.press("Escape");
  await go(p, `/rooms/${stage.room}/depth`, '[data-section="curve"] canvas');
  await see(p, "[data-order]");
  await look(p, "depth");
  await p.click('[data-do="full"]');
  await see(p, ".screen.full");
  await look(p, "depth-full", { widths: [1280, 1920] });
  await p.click('[data-do="full"]');
  await p.locator('[data-do="why"]').first().click();
  await see(p, "dialog[open] tbody tr");
  await look(p, "depth-why", BOX);
  await p.context().close();
  const other = await enter("other", "/wall");
  await see(other, ".wait");
  await look(other, "wall-none", { widths: [360, 1280] });
  for (const place of ["shows", "attribution", "groups", "ladder", "temperature", "complaints", "compare", "rooms", "audit"]) {
    await go(other, `/${place}`, `nav [data-page="${place}"][aria-current]`);
    await settled(other);
    await look(other, `${place}-none`, { widths: [1280], themes: ["dark"] });
  }
  await other.context().close();
}

async function merchant() {
  const p = await enter("merchant", "/rooms");
  await see(p, "[data-room]");
  if (only.length === 0) await look(p, "rooms");
  const places = [
    ["shows", "/shows", "[data-show]"], ["report", `/reports/${stage.ended}`, '[data-section="timeline"] canvas'], ["attribution", "/attribution", '[data-section="earned"] canvas'],
    ["compare", `/compare?shows=${stage.shows.join(",")}`, "[data-key]"], ["compare-days", "/compare?by=days", "[data-side]"], ["groups", "/groups", '[data-section="board"] tbody tr'], ["ladder", "/ladder", "[data-rung]"],
    ["audit", "/audit", "tbody tr"], ["incubation", "/incubation", "main section"], ["deliveries", "/deliveries", "main section"], ["temperature", "/temperature", "main section, main .wait"], ["complaints", "/complaints", "[data-figure]"], ["report-failed", "/reports/nothing", "[role=alert]"],
  ];
  for (const [name, place, ready] of places) {
    if (only.length > 0 && !only.includes(name)) continue;
    await go(p, place, ready);
    await settled(p);
    await look(p, name);
    if (name === "report") {
      await p.click('[data-figure="gmv_paid_minor"] .name');
      await see(p, "dialog[open]");
      await look(p, "report-figure", BOX);
      await escape(p);
    }
    if (name === "attribution") {
      await p.click('[data-do="compare"]');
      await see(p, "[data-compared]");
      await look(p, "attribution-compared", { widths: [360, 1280] });
    }
    for (const what of name === "incubation" ? ["declare-skills", "new-track"] : []) await box(p, what, `incubation-${what}`);
    if (name === "complaints") await box(p, "new", "complaints-finding");
  }
  await p.context().close();
  const m = await enter("moderator", `/rooms/${stage.room}/host`);
  await go(m, `/reports/${stage.ended}`, "main .notice, main .card");
  await look(m, "denied", BOX);
  await m.context().close();
}

async function agent() {
  await tell("merchant", "PUT", "/v1/service/agents/lin", { name: "Lin 林", capacity: 5, personas: ["expert", "after_sale"] });
  await tell("merchant", "PUT", "/v1/service/answers", { items: [{ title: "尺码", text: "165 cm、52 kg 建议穿 M 码。", kind: "qa" }, { title: "发货", text: "48 小时内发货，江浙沪次日达。", kind: "qa" }] });
  const p = await enter("agent", "/desk", { ready: "#page" });
  await see(p, "[data-desk-standing=connected]");
  await look(p, "desk-idle");
  await p.locator("[data-session]").first().click();
  await see(p, "[data-by=viewer]");
  await see(p, "[data-tab=orders]");
  await p.fill("[name=reply]", "您好，");
  await look(p, "desk");
  for (const tab of ["journey", "before", "reach"]) {
    await p.click(`[data-tab=${tab}]`);
    await look(p, `desk-${tab}`, { widths: [1280] });
  }
  await p.context().close();
}

const PARTS = { strangers, host, before, viewer, operator, agent, merchant };

await play(async () => { await PARTS[stage.part](); });
