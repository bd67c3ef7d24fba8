// Pages of several shows, read in New York of rooms that stand in Shanghai: a time
// of a show is told on the clock of its room and says its zone, any other on the
// reader's, which the page says once.

import { enter, equal, go, json, stage, text } from "./stage.mjs";

const AT = { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const noted = async (p, page) => equal(`zone of ${page}`, (await text(p, "[data-zone]")).includes("America/New_York"), true);

/** Somebody far from the room looks at when the show was. */
export async function zones() {
  const { started_at: started } = await json(`/v1/shows/${stage.show}`);
  const room = new Date(started).toLocaleTimeString("en", AT);
  const p = await enter("merchant", "/shows", { ready: "[data-show]", more: { timezoneId: "America/New_York" } });
  const when = await text(p, `[data-show="${stage.show}"] .when`);
  equal(`${when} is of the room and says so`, [when.includes(room), when.endsWith("GMT+8")], [true, true]);
  await noted(p, "shows");
  await go(p, "/compare", `[data-choose="${stage.show}"]`);
  const beside = await p.locator("li", { has: p.locator(`[data-choose="${stage.show}"]`) }).locator(".hint").innerText();
  equal(`${beside} is of the room`, [beside.includes(room), beside.includes("GMT+8")], [true, true]);
  for (const [page, ready] of [["compare", "[data-choose]"], ["audit", "tbody tr"], ["ladder", "[data-rung], main .wait"], ["attribution", "[data-total]"], ["complaints", "[data-figure]"], ["wall", "[data-updated]"]]) {
    await go(p, `/${page}`, ready);
    await noted(p, page);
  }
  // The week before today is that of the rooms, also in the hours in which the reader has another day.
  const at = "2026-03-07T16:30:00Z";
  await p.clock.setFixedTime(at);
  await p.waitForTimeout(1500); // The page looks at the clock four times a second.
  await go(p, "/shows", "[data-show]");
  await go(p, "/compare?by=days", '[data-field="to"]');
  await p.waitForFunction(() => document.querySelector('[data-field="to"]')?.value);
  equal(`the week before ${at} in Shanghai`, await Promise.all(["from", "to"].map((f) => p.inputValue(`[data-field="${f}"]`))), ["2026-03-01", "2026-03-07"]);
  await p.clock.setFixedTime(new Date());
  // An entry of the log is on the reader's clock.
  await go(p, "/audit", "tbody tr");
  const done = Date.parse((await json("/v1/audit?limit=1")).items[0].at);
  const shown = (ms) => new Date(ms).toLocaleTimeString("en", { ...AT, timeZone: "America/New_York" });
  const first = await text(p, "tbody tr .at");
  equal(`${first} is of the reader`, first.includes(shown(done)), true);
  await p.context().close();
  const desk = await enter("agent", "/desk", { ready: "[data-presence]", more: { timezoneId: "America/New_York" } });
  await noted(desk, "desk");
  await desk.context().close();
}
