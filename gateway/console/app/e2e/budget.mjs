// What the console may cost: bytes of script, layout that shifts, memory that
// grows. What is a size or a share is held against its limit; what is a time is
// only told, for it is the machine's as much as the page's.

import { ask, browser, enter, equal, PATIENCE, play, stage } from "./stage.mjs";
import { counted, held, loaded, meter } from "./meter.mjs";

const KB = 1000;
const MB = 1_000_000;
/** The limits, see docs/console.md. */
const SCRIPTS = 320 * KB; // with the headers of some fifteen files, and with the charts that come after the page
const SHIFT = 0.01;
/** What may be more after five hours: caches of the engine, figures of 300 minutes. */
const GROWTH = 20 * MB;
/** The same for a part of the five hours, beyond what one measurement differs from the next. */
const growth = Math.min(GROWTH, 3 * MB + (17 * MB * stage.comments) / 900_000);
/** What a page keeps of comments before the oldest go, and how many go at once. */
const KEPT = 700;
const SPARE = 250;
const NODES = 1500;
const LISTENERS = 150;

const room = (page) => `/rooms/${stage.room}/${page}`;
const PAGES = [
  ["host", "host", room("host"), "[data-do=pin]"],
  ["wall", "merchant", "/wall", "[data-room]"],
  ["depth", "operator", room("depth"), "[data-order]"],
  ["watch", "viewer", room("watch"), "[data-do=send]"],
  ["desk", "agent", `/desk?session=${stage.session}`, "[data-n]"],
];
const mb = (bytes) => (bytes / MB).toFixed(1);
const say = (text) => console.log(text);
const within = (what, got, most) => { if (!(got <= most)) throw new Error(`${what}: ${got}, at most ${most}`); };

async function open(name) {
  const [, role, place, ready] = PAGES.find((p) => p[0] === name);
  const page = await enter(role, place, { init: meter, size: name === "wall" || name === "depth" ? { width: 1920, height: 1080 } : { width: 1280, height: 900 }, more: { colorScheme: "dark" } });
  await page.waitForSelector(ready);
  const cdp = await page.context().newCDPSession(page);
  await Promise.all([cdp.send("Network.enable"), cdp.send("HeapProfiler.enable")]);
  return { name, page, cdp, ready: () => page.waitForSelector(ready) };
}

/** How long until the host can work, on a processor a quarter as fast. */
async function interactive() {
  const { page, cdp, ready } = await open("host");
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  for (const cold of [true, false]) {
    const took = [];
    for (let i = 0; i < stage.rounds; i++) {
      await loaded(page, cdp, cold, ready);
      await page.waitForFunction(() => window.meter.ready > 0);
      took.push(await page.evaluate(() => window.meter.ready));
    }
    took.sort((a, b) => a - b);
    say(`host, ${cold ? "cold" : "warm"} cache, CPU at a quarter: usable after ${Math.round(took[took.length >> 1])} ms [${took.map(Math.round).join(", ")}]`);
  }
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  await page.click("[data-do=pin]");
  await page.waitForSelector("[data-pinned]");
  await page.context().close();
}

/** Waits until what comes with the first answers has its place: the page keeps its height for three seconds. */
const settled = (page) => page.waitForFunction(() => {
  const heights = [...document.querySelectorAll("main section")].map((n) => Math.round(n.getBoundingClientRect().height)).join();
  if (heights !== window.meter.heights) Object.assign(window.meter, { heights, since: performance.now() });
  return performance.now() - window.meter.since > 3000;
}, undefined, { polling: 250 });

/** Script, shifts and pictures of one page while the show is busy. */
async function busy(name) {
  const { page, cdp, ready } = await open(name);
  const scripts = await loaded(page, cdp, true, async () => { await ready(); await page.waitForLoadState("networkidle").catch(() => undefined); });
  // Lists fill first: what is in sight then is what a show looks like.
  if (name === "host" || name === "watch") await page.waitForFunction((n) => window.meter.comments > n, 40);
  await settled(page);
  const got = await counted(page, stage.seconds);
  say(`${name}: ${(scripts / KB).toFixed(0)} kB of script, layout shift ${got.shift.toFixed(4)} in ${stage.seconds} s, ${got.long} of ${got.pictures} pictures later than 50 ms (longest ${Math.round(got.longest)} ms)`);
  for (const s of got.shifts.slice(0, 12)) say(`  ${s.value.toFixed(4)}: ${s.moved.join("; ")}`);
  within(`${name}: bytes of script`, scripts, SCRIPTS);
  over.push([`${name}: layout shift`, got.shift, SHIFT]);
  if (name === "host" || name === "watch") await read(page, name);
  await page.context().close();
}
const over = [];

/** Who reads the end has the newest in sight; who reads further up has what they read at its place, though the oldest go. */
async function read(page, name) {
  const box = ".stream .box";
  const last = () => page.$eval(box, (b) => b.querySelector("[data-row]:last-child").getBoundingClientRect().bottom - b.getBoundingClientRect().bottom);
  within(`${name}: the newest below the edge, in pixels`, await last(), 24);
  const heard = await page.evaluate(() => window.meter.comments);
  await page.waitForFunction((n) => window.meter.comments >= n, Math.max(heard, KEPT));
  await page.$eval(box, (b) => { b.scrollTop -= 1500; });
  const middle = await page.waitForFunction(([where]) => {
    const b = document.querySelector(where).getBoundingClientRect();
    const row = document.elementFromPoint(b.x + 20, b.y + b.height / 2)?.closest("[data-row]");
    return row && { id: row.dataset.row, y: row.getBoundingClientRect().y };
  }, [box]).then((h) => h.jsonValue());
  const from = await page.evaluate(() => window.meter.comments);
  await page.waitForFunction((n) => window.meter.comments >= n, from + SPARE);
  const y = await page.$eval(`[data-row="${middle.id}"]`, (row) => row.getBoundingClientRect().y);
  within(`${name}: what is read moved by pixels`, Math.abs(y - middle.y), 3);
}

/** Waits until pages have seen so many comments of those said since they were counted. */
const seen = (all, n) => Promise.all(all.map((p) => p.page.waitForFunction(([from, want]) => window.meter.comments - from >= want, [p.from, n], { polling: 50, timeout: PATIENCE })));

/** Says many comments, as fast as the pages take them. */
async function talk(all, comments) {
  const hear = all.filter((p) => p.hears);
  for (const p of hear) p.from = await p.page.evaluate(() => window.meter.comments);
  for (let said = 0; said < comments; said += stage.chunk) {
    await ask("comments");
    await seen(hear, said);
  }
  await seen(hear, Math.ceil(comments / stage.chunk) * stage.chunk);
  for (const p of hear) equal(`${p.name}: holes`, await p.page.evaluate(() => window.meter.holes), 0);
}

/** Five hours of a show: what is held at the end against what is held once all lists are full. */
async function memory() {
  const all = [];
  for (const name of ["host", "watch", "depth", "wall"]) all.push(Object.assign(await open(name), { hears: name !== "wall" }));
  await talk(all, stage.warm);
  const before = [];
  for (const p of all) before.push(await held(p.cdp));
  const began = Date.now();
  await talk(all, stage.comments);
  say(`${stage.comments} comments to ${all.length} pages in ${Math.round((Date.now() - began) / 1000)} s`);
  for (const [i, p] of all.entries()) {
    const [was, is] = [before[i], await held(p.cdp)];
    say(`${p.name}: ${mb(was.heap)} MB, then ${mb(is.heap)} MB (${is.heap >= was.heap ? "+" : ""}${mb(is.heap - was.heap)}), ${was.nodes} nodes, then ${is.nodes}, ${was.listeners} listeners, then ${is.listeners}`);
    over.push([`${p.name}: bytes more`, is.heap - was.heap, growth], [`${p.name}: nodes more`, is.nodes - was.nodes, NODES], [`${p.name}: listeners more`, is.listeners - was.listeners, LISTENERS]);
  }
  const [walker] = all.filter((p) => p.name === "depth"); // operators may see both pages
  for (const p of all) if (p !== walker) await p.page.context().close();
  await wander(walker);
}

/** From page to page of one room and back: what stays of the pages that were left is told. */
async function wander({ page, cdp }) {
  // A handle of a node would keep the page it stood on.
  const at = async (place, what) => {
    await page.evaluate((hash) => { location.hash = hash; }, place);
    await page.waitForFunction((w) => document.querySelector(w) !== null, what);
  };
  const round = async () => { await at(room("host"), "[data-do=pin]"); await at(room("depth"), "[data-section=orders]"); };
  for (let i = 0; i < 5; i++) await round();
  const was = await held(cdp);
  for (let i = 0; i < stage.walks; i++) await round();
  const is = await held(cdp);
  say(`${stage.walks} times to another page and back: ${mb(was.heap)} MB, then ${mb(is.heap)} MB, ${was.nodes} nodes, then ${is.nodes}, ${was.listeners} listeners, then ${is.listeners}`);
  await page.context().close();
}

await play(async () => {
  say(`Chromium ${browser.version()}`);
  await interactive();
  await ask("busy");
  for (const [name] of PAGES) await busy(name);
  await ask("calm");
  await memory();
  for (const [what, got, most] of over) within(what, got, most);
});
