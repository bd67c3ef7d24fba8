// Who becomes a host, and what is sent to whom: the pages of incubation and of
// webhooks in a real browser, each read and each acted upon by everybody whose it is.

import { accessible, ask, enter, equal, excuse, go, json, look, PATIENCE, play, reads, stage, text } from "./stage.mjs";

excuse.fault = (words) => /400|404|409/.test(words);
const gone = (p, what) => p.waitForSelector(what, { state: "detached" });

/** Skills and tracks are declared, refused at their field, changed and withdrawn on the page. */
async function declared(p) {
  await p.click('[data-do="declare-skills"]');
  await p.click('dialog [data-do="more"]');
  const fill = (field, words) => p.fill(`dialog [name="${field}"]`, words);
  for (const [member, words] of [["skill", "no key"], ["label_zh", "促单"], ["label_en", "Closing"], ["proof", "两次报价"]]) await fill(`items[1].${member}`, words);
  await p.click('dialog [data-do="save"]');
  await p.waitForSelector('dialog [data-refused="items[1].skill"]');
  await p.waitForSelector('dialog [name="items[1].skill"][aria-invalid]');
  await look(p, "incubation-skills", { widths: [360, 1280] });
  await fill("items[1].skill", "close");
  await p.click('dialog [data-do="save"]');
  await gone(p, "dialog[open]");
  equal("skills", (await json("/v1/incubation/skills")).items.map((s) => s.skill), ["explain", "close"]);

  await p.click('[data-do="new-track"]');
  for (const [field, words] of [["track_id", "short"], ["label_zh", "短路径"], ["label_en", "Short way"], ["stages[0].stage", "agent"], ["stages[0].label_zh", "客服"], ["stages[0].label_en", "Agent"], ["stages[1].stage", "agent"],
    ["stages[1].label_zh", "主播"], ["stages[1].label_en", "Host"], ["drill.rubric[0].criterion", "clear"], ["drill.rubric[0].label_zh", "清楚"], ["drill.rubric[0].label_en", "Clear"], ["drill.rubric[0].points", "10"], ["drill.pass_points", "7"],
    ["drill.least_minutes", "20"], ["drill.least_answered_bps", "60"]]) await fill(field, words);
  await p.selectOption('dialog [name="stages[1].needs[0].skill"]', "close");
  await p.click('dialog [data-do="save"]');
  await p.waitForSelector('dialog [name="stages[1].stage"][aria-invalid]');
  await look(p, "incubation-track", { widths: [360, 1280] });
  await fill("stages[1].stage", "host");
  await p.click('dialog [data-do="save"]');
  await p.waitForSelector('[data-track="short"]');
  const of = async (id) => (await json("/v1/incubation/tracks")).items.find((t) => t.track_id === id);
  const made = await of("short");
  equal("track", [made.stages.map((s) => s.role), made.stages[1].needs[0].skill, made.drill.least_answered_bps], [["agent", "host"], "close", 6000]);
  await p.click('[data-track="short"] [data-do="change"]');
  await fill("drill.pass_points", "8");
  await p.click('dialog [data-do="save"]');
  await gone(p, "dialog[open]");
  equal("changed", await of("short"), { ...made, drill: { ...made.drill, pass_points: 8 } });
  await p.click('[data-track="short"] [data-do="withdraw"]');
  await p.click('[data-answer="yes"]');
  await gone(p, '[data-track="short"]');
  // Somebody is on the other: it stays.
  await p.click('[data-track="host"] [data-do="withdraw"]');
  await p.click('[data-answer="yes"]');
  await p.waitForSelector("[data-toast].bad");
  equal("in use", (await json("/v1/incubation/tracks")).items.map((t) => t.track_id), ["host"]);
}

await play(async () => {
  // A merchant puts an agent on the track, and notes what a coach saw.
  const p = await enter("merchant", "/incubation");
  await p.waitForSelector('[data-track="host"]');
  await p.click('[data-do="join"]');
  await p.fill("dialog input[name=agent]", "ann");
  await p.click('dialog [data-do="save"]');
  await p.waitForSelector('[data-candidate="ann"] [data-ready="false"]');
  await p.waitForSelector('[data-need="skill"][data-verdict="not_met"]');
  await look(p, "incubation");

  // The agent sees themselves alone, and cannot ask before it is proved.
  const ann = await enter("ann", "/incubation");
  await ann.waitForSelector('[data-need="skill"]');
  equal("levers of a candidate", await ann.locator('[data-do="join"], [data-do="declare-skills"], [data-do="new-track"], [data-do="change"], [data-do="withdraw"], [data-do="prove"], [data-do="ask"], [data-do="grant"]').count(), 0);

  await p.click('[data-skill="explain"] [data-do="prove"]');
  await p.fill("dialog textarea", "三件商品讲解无误");
  await p.click('dialog [data-do="save"]');
  await p.waitForSelector('[data-skill="explain"] [data-proved]');
  await p.waitForSelector('[data-candidate="ann"] [data-ready="true"]');

  await ann.reload();
  await ann.click('[data-do="ask"]');
  await gone(ann, '[data-do="ask"]');
  await p.reload();
  await p.click('[data-candidate="ann"] [data-do="show"]');
  await p.click('[data-do="grant"]');
  await p.fill("dialog textarea", "可以开始演练");
  await p.click('dialog [data-do="save"]');
  await p.waitForSelector('[data-candidate="ann"][data-stage="drill"]');
  const record = await json("/v1/incubation/candidates/ann");
  equal("promotion", [record.stage, record.promotions[0].state, record.promotions[0].reason, record.promotions[0].evidence[0].evidence], ["drill", "granted", "可以开始演练", "三件商品讲解无误"]);
  await ann.reload();
  await ann.click('[data-do="token"]');
  equal("token", (await text(ann, "[data-token]")).split(".").length, 3);
  await ann.context().close();

  await declared(p);

  // A subscription: its secret is shown once, what is given up is sent again.
  await go(p, "/deliveries", '[data-section="subscriptions"]');
  await p.click('[data-do="new"]');
  await p.fill("dialog input[name=url]", stage.hook);
  await p.check("dialog input[name=g-reports]");
  await accessible(p, "new subscription");
  await p.click('dialog [data-do="save"]');
  await p.waitForSelector("dialog [data-secret]");
  equal("secret", (await text(p, "[data-secret]")).startsWith("whsec_"), true);
  await p.click('dialog [data-do="kept"]');
  await gone(p, "dialog[open]");
  equal("the secret is gone", (await p.content()).includes("whsec_"), false);
  const [sub] = (await json("/v1/subscriptions")).items;
  equal("what is sent", [sub.url, sub.types.includes("order_paid"), sub.types.includes("report_due"), sub.types.includes("show_started")], [stage.hook, true, true, false]);
  await ask("order"); // The endpoint says 410: it is gone.
  for (const end = Date.now() + PATIENCE; (await json("/v1/subscriptions")).items[0].stopped !== "gone"; await new Promise((again) => setTimeout(again, 200))) {
    if (Date.now() > end) throw new Error("the subscription is not stopped");
  }
  await p.reload();
  await p.waitForSelector('[data-standing-of="gone"]');
  await p.click('[data-do="show"]');
  await p.click('[data-filter="dead"]');
  await p.waitForSelector('[data-delivery][data-state="dead"]');
  await look(p, "deliveries");
  await ask("mend");
  await p.click('[data-do="resume"]');
  await p.waitForSelector('[data-standing-of="active"]');
  await p.click('[data-do="replay-dead"]');
  await p.click('[data-answer="yes"]');
  await p.click('[data-filter="delivered"]');
  await p.waitForSelector('[data-delivery][data-state="delivered"]');
  await ask("taken");
  await p.click('[data-do="pause"]');
  await p.waitForSelector('[data-standing-of="paused"]');

  // A schedule, and what an operator sees of it all: no levers.
  await p.click('[data-do="new-schedule"]');
  await p.selectOption("dialog select[name=report]", "show");
  await p.click('dialog [data-do="save"]');
  await p.waitForSelector("[data-schedule]");
  const [plan] = (await json("/v1/report-schedules")).items;
  equal("schedule", [plan.report, plan.moments, plan.format, plan.subscription_id], ["show", ["t0", "t7"], "xlsx", sub.subscription_id]);
  await p.click('[data-do="runs"]');
  const op = await enter("operator", "/deliveries");
  await op.waitForSelector("[data-subscription]");
  equal("levers of an operator", await op.locator('[data-do="new"], [data-do="rotate"], [data-do="remove"], [data-do="pause"], [data-do="stop"]').count(), 0);
  await p.click('[data-do="stop"]');
  await p.click('[data-answer="yes"]');
  await gone(p, "[data-schedule]");
  await p.click('[data-do="remove"]');
  await p.click('[data-answer="yes"]');
  await gone(p, "[data-subscription]");

  // Who may not see a page is told so, in words and without barriers.
  const viewer = await enter("viewer", "/deliveries");
  await viewer.waitForFunction(() => location.hash === "#/denied");
  await reads(viewer, "main", "viewer");
  await look(viewer, "denied");
});
