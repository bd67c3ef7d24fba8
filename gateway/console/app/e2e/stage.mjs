// What the plays of this folder share: a browser, people who log in with it, and
// how a page is looked at. The Go test that runs a play tells in $STAGE where the
// server is and who takes part; it is asked for things by lines that begin with @.

import { chromium } from "playwright-core";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";

/** {url, chromium, shots, tokens: {role: token}} and what the play itself needs. */
export const stage = JSON.parse(process.env.STAGE ?? "{}");
export const PATIENCE = 60_000; // ms; a busy machine is given its time
export const browser = await chromium.launch({ executablePath: stage.chromium, args: ["--no-sandbox", "--disable-dev-shm-usage", ...(stage.flags ?? [])] });
/** What pages complained of. */
export const faults = [];
/** Says of a complaint that it is expected now. */
export const excuse = { fault: () => false };

const lines = createInterface({ input: process.stdin });
const replies = lines[Symbol.asyncIterator]();
/** Asks the test that runs this for something, and waits until it is done. */
export async function ask(what) {
  console.log(`@${what}`);
  await replies.next();
}

export function equal(what, got, want) {
  if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`${what}: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

/** Somebody with a browser of their own, logged in at a place. */
export async function enter(role, place, { locale = "en-GB", size = { width: 1280, height: 900 }, ready = "nav a[data-page]", url = stage.url, more = {}, init } = {}) {
  const context = await browser.newContext({ locale, viewport: size, ...more });
  if (init) await context.addInitScript(init);
  context.setDefaultTimeout(PATIENCE);
  const p = await context.newPage();
  p.on("pageerror", (e) => faults.push(`${role}: ${e.stack}`));
  p.on("console", (m) => { if (m.type() === "error" && !excuse.fault(m.text())) faults.push(`${role}: ${m.text()} ${m.location().url}`); });
  await p.goto(`${url}/console/#${place}`);
  await p.fill("input[name=token]", stage.tokens[role]);
  await p.click("button[type=submit]");
  await p.waitForSelector(ready);
  if (p.url().includes(stage.tokens[role])) throw new Error("the token stands in the address");
  return p;
}

export const see = (p, what) => p.waitForSelector(what);
export const text = (p, where) => p.textContent(where).then((t) => t?.trim());
/** Waits until a text stands somewhere. */
export const reads = (p, where, want) => p.waitForFunction(([w, t]) => [...document.querySelectorAll(w)].some((n) => n.textContent.includes(t)), [where, want]);

/** Goes to a page of this tab and waits for what must stand on it. */
export async function go(p, place, what) {
  await p.evaluate((hash) => { location.hash = hash; }, place);
  await p.waitForSelector(what);
}

/** Waits for figures that take longer than the page. */
export async function settled(p) {
  await p.waitForLoadState("networkidle");
  await p.waitForSelector("main .wait[role=status]", { state: "detached" });
}

/** One request past the browser. */
export const json = async (path, role = "merchant") => (await fetch(`${stage.url}${path}`, { headers: { Authorization: `Bearer ${stage.tokens[role]}` } })).json();

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Looks for what keeps people out; what is serious is a fault. */
export async function accessible(p, name) {
  if (!(await p.evaluate(() => "axe" in window))) await p.evaluate(axe);
  const found = await p.evaluate(async () => {
    const got = await window.axe.run(document, { resultTypes: ["violations"] });
    return got.violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 3).map((n) => `${n.target.join(" ")}: ${n.failureSummary}`) }));
  });
  for (const v of found) if (v.impact === "serious" || v.impact === "critical") faults.push(`${name}: ${v.id}: ${v.nodes.join("; ")}`);
}

const WIDE = "html, body, main, .button, .figure, .value, .tile b";
const LONGEST = 6000; // px; a longer picture nobody looks at
const NAMED = "button, input, select, textarea, section, [role=log], [role=region], [role=img]";

/** Speaks a language and takes a theme. By script, for above a dialog or a wall of screens no button is in reach. */
async function dress(p, language, theme) {
  await p.evaluate(([lang, colours]) => {
    const press = (what) => document.querySelector(`[data-do="${what}"]`)?.click();
    if (document.documentElement.lang.slice(0, 2) !== lang) press("language");
    if (document.documentElement.dataset.theme !== colours) press("theme");
    document.documentElement.dataset.theme = colours; // before the login there is no button of it
  }, [language, theme]);
  await p.waitForFunction((lang) => document.documentElement.lang.slice(0, 2) === lang, language);
}

/** A picture of all there is: the page scrolls in its frame, so the window grows as far as the page is long. */
async function picture(p, path) {
  const size = p.viewportSize();
  const long = await p.evaluate(() => {
    const box = document.querySelector(".screen.full") ?? document.querySelector("main");
    return box ? box.scrollHeight - box.clientHeight : 0;
  });
  if (long > 0) await p.setViewportSize({ width: size.width, height: Math.min(size.height + long, LONGEST) });
  await p.waitForFunction(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))));
  await p.screenshot({ path });
  if (long > 0) await p.setViewportSize(size);
}

/**
 * A page at all widths, themes and languages: nothing overflows, lacks a name or
 * keeps people out. Its name begins with the page's (`wall`, `wall-full`):
 * TestEveryPageIsLookedAt looks for it. Pictures where they are wanted.
 */
export async function look(p, name, { widths = [360, 1280, 1920], languages = ["en", "zh"], themes = ["dark", "light"] } = {}) {
  const size = p.viewportSize();
  const was = await p.evaluate(() => [document.documentElement.lang.slice(0, 2), document.documentElement.dataset.theme]);
  for (const language of languages) {
    for (const theme of themes) {
      await dress(p, language, theme);
      for (const width of widths) {
        await p.setViewportSize({ width, height: width === 360 ? 740 : 960 });
        await p.waitForFunction(() => document.fonts.status === "loaded" && new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))));
        const wide = await p.evaluate((what) => [...document.querySelectorAll(what)]
          .filter((n) => n.checkVisibility() && n.clientWidth > 0 && n.scrollWidth > n.clientWidth + 1).map((n) => `${n.tagName}.${n.className} ${n.textContent.trim().slice(0, 30)}`), WIDE);
        equal(`${name} ${language} ${theme} ${width}: does not fit`, wide, []);
        const unnamed = await p.evaluate((what) => [...document.querySelectorAll(what)]
          .filter((n) => n.checkVisibility() && !n.textContent.trim() && !n.getAttribute("aria-label") && !n.labels?.length).map((n) => n.outerHTML.slice(0, 120)), NAMED);
        equal(`${name} ${language}: without a name`, unnamed, []);
        if (stage.shots) await picture(p, `${stage.shots}/${name}-${language}-${theme}-${width}.png`);
      }
      if (language === "en") await accessible(p, `${name} ${theme}`);
    }
  }
  await dress(p, was[0], was[1]);
  await p.setViewportSize(size);
}

/** Runs a play to its end; says what was on the pages when it fails. */
export async function play(steps) {
  try {
    await steps();
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
}
