// Logins by a merchant's identity provider in a real browser. Ends with code 0
// when all was seen.

import { chromium } from "playwright-core";

const stage = JSON.parse(process.env.STAGE ?? "{}"); // {url, room, merchant, provider, chromium, shots}
const browser = await chromium.launch({ executablePath: stage.chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const faults = [];
const seen = []; // every address that a page had

function equal(what, got, want) {
  if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`${what}: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

async function open(locale) {
  const context = await browser.newContext({ locale, viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  page.on("pageerror", (e) => faults.push(e.stack));
  // What is answered with 401 or 403, and a socket that ends with its session, the browser tells by itself.
  page.on("console", (m) => { if (m.type() === "error" && m.location().url.startsWith(stage.url) && !/ 40[13] |WebSocket/.test(m.text())) faults.push(`${m.text()} ${m.location().url}`); });
  page.on("framenavigated", (f) => seen.push(f.url()));
  page.on("request", (r) => seen.push(r.url()));
  return { context, page };
}

/** Goes to the provider by the merchant's name and says there who one is. */
async function come(page, user) {
  await page.fill("input[name=merchant]", stage.merchant);
  await page.click("[data-form=merchant] button");
  await page.waitForURL((u) => u.href.startsWith(`${stage.provider}/authorize?`));
  await page.fill("input[name=user]", user);
  await page.click("button[type=submit]");
}

async function shot(page, name) {
  if (stage.shots) await page.screenshot({ path: `${stage.shots}/login-${name}.png` });
}

try {
  // Ann wanted the host's page, logs in and is there.
  const { context, page } = await open("en-GB");
  await page.goto(`${stage.url}/console/#/rooms/${stage.room}/host`);
  await page.waitForSelector("input[name=merchant]");
  await shot(page, "page");
  await come(page, "ann");
  await page.waitForSelector('[data-standing="connected"]');
  equal("where", new URL(page.url()).hash, `#/rooms/${stage.room}/host`);
  const token = await page.evaluate(() => sessionStorage.getItem("showrunner.token"));
  const me = await page.evaluate(async (t) => (await fetch("/v1/me", { headers: { Authorization: `Bearer ${t}` } })).json(), token);
  equal("who", [me.sub, me.name, me.role, me.merchant_id, me.room_ids], ["ann-1", "Ann Li", "host", stage.merchant, [stage.room]]);
  equal("cookies that are left", await context.cookies(), []);
  await shot(page, "in");

  // A reload keeps the session; the way back does not bring another login.
  await page.reload();
  await page.waitForSelector('[data-standing="connected"]');

  // She goes: here, and at the provider, which sends her back.
  await page.click('[data-do="log-out"]');
  await page.waitForURL((u) => u.pathname === "/console/" && u.hash.startsWith("#/login"));
  await page.waitForSelector("input[name=token]");
  equal("the token after logging out", await page.evaluate(() => sessionStorage.getItem("showrunner.token")), null);
  await page.waitForFunction((m) => document.querySelector("input[name=merchant]")?.value === m, stage.merchant);

  // A merchant without a provider is told so without leaving.
  await page.fill("input[name=merchant]", "nobody");
  await page.click("[data-form=merchant] button");
  await page.waitForSelector('[data-reason="login"]');
  await context.close();

  // Who is nobody here is told why, in the language of the browser, and finds the way back.
  for (const [user, locale, code, words] of [["olga", "zh-CN", "login_role", "您的账号没有分配角色"], ["mo", "en-GB", "login_domain", "not of an allowed domain"]]) {
    const other = await open(locale);
    await other.page.goto(`${stage.url}/console/#/login?merchant=${stage.merchant}`);
    await other.page.waitForSelector(`[data-way="${stage.merchant}"]`);
    await other.page.click(`[data-way="${stage.merchant}"]`);
    await other.page.fill("input[name=user]", user);
    await other.page.click("button[type=submit]");
    await other.page.waitForSelector(`[data-code="${code}"]`);
    const said = await other.page.textContent(`[data-code="${code}"]`);
    if (!said.includes(words)) throw new Error(`${user} is told ${said}`);
    await shot(other.page, code);
    equal("cookies after a refusal", await other.context.cookies(), []);
    await other.page.click("a");
    await other.page.waitForSelector("input[name=token]");
    // The name of a login that nobody has brings nobody in, and is told.
    await other.page.goto(`${stage.url}/console/?again#/login?login=00000000`);
    await other.page.waitForSelector('[data-reason="login"]');
    await other.context.close();
  }
  const leaks = seen.filter((u) => u.includes(token) || u.includes(token.slice(0, 60)));
  equal("addresses with the token", leaks, []);
  equal("faults of the pages", faults, []);
  if (seen.length < 20) throw new Error(`only ${seen.length} addresses were looked at`);
  await browser.close();
} catch (err) {
  console.error(err);
  console.error(faults.join("\n"));
  await browser.close();
  process.exit(1);
}
