// The ladder, temperature, complaints, comparison and alerts in a real browser,
// each read and each acted upon; the figures are the API's.

import { enter, equal, excuse, go, json, look, play, reads, stage, text } from "./stage.mjs";

excuse.fault = (text) => text.includes("404");
const percent = (r) => `${(100 * r.numerator / r.denominator).toFixed(1)}%`;
const gone = (p, what) => p.waitForSelector(what, { state: "detached" });

await play(async () => {
  // An alert is seen, taken up in the page, and the page and the API say by whom.
  const op = await enter("operator", `/rooms/${stage.room}/depth`);
  await op.waitForSelector('[data-alert="stock_out_ahead"]');
  await op.click('[data-alert="stock_out_ahead"] [data-do="take"]');
  await gone(op, '[data-alert="stock_out_ahead"] [data-do="take"]');
  const { items: alerts } = await json(`/v1/shows/${stage.shows[0]}/alerts`, "operator");
  equal("taken up by", alerts[0].acknowledged_by, "op");
  await reads(op, '[data-alert="stock_out_ahead"]', "op");
  await op.context().close();

  // Temperature: the number with both parts, who is pestered, who waited.
  const p = await enter("merchant", "/temperature");
  await p.waitForSelector("[data-felt]");
  const felt = await json("/v1/temperature");
  const parts = await p.locator("[data-felt] .part b").allTextContents();
  equal("both parts", parts, [percent(felt.all.over_service_rate), percent(felt.all.unmet_need_rate)]);
  equal("the number", await text(p, "[data-felt] .number b"), `${felt.all.temperature.toLocaleString("en", { maximumFractionDigits: 1 })}°`);
  await p.waitForSelector('[data-do="pause"][data-person="pestered"]');
  await reads(p, '[data-section="items"] [data-staff="ann"]', "Ann");
  await look(p, "temperature");
  await p.click('[data-do="pause"][data-person="pestered"]');
  await p.waitForSelector('[data-pause="pestered"]');
  await gone(p, '[data-do="pause"][data-person="pestered"]');
  equal("held back", (await json("/v1/service/pauses")).items.map((x) => [x.person_id, x.ended_at ?? ""]), [["pestered", ""]]);
  await p.click('[data-do="end-pause"]');
  await gone(p, '[data-pause="pestered"]');
  await p.click('[data-section="unmet"] [data-do="give"][data-person="needy"]');
  await p.selectOption("dialog select[name=agent]", "ann");
  await p.click('dialog [data-do="assign"]');
  await gone(p, "dialog[open]");
  equal("assigned", (await json("/v1/service/followups")).items.map((f) => [f.person_id, f.agent_id]), [["needy", "ann"]]);

  // The ladder and its cohorts.
  await go(p, "/ladder", '[data-rung="customer"]');
  const ladder = await json("/v1/ladder");
  for (const r of ladder.rungs) equal(r.rung, await text(p, `[data-rung="${r.rung}"] b`), String(r.people));
  await p.selectOption('[data-field="by"]', "channel");
  await p.waitForSelector('[data-section="cohorts"] tbody tr');
  await p.waitForSelector('[data-section="retention"] [data-cohort]');
  equal("days of the repeat rate", (await text(p, '[data-figure="repeat_rate"] .label')).includes(` ${(await json("/v1/retention")).rates.days} days`), true);
  // Shows by their titles, each a link to its report.
  await p.selectOption('[data-field="by"]', "show");
  await p.waitForSelector('[data-section="cohorts"] a[data-show-name]');
  const link = await p.locator('[data-section="cohorts"] a[data-show-name]').first().evaluate((n) => ({ id: n.dataset.showName, text: n.textContent, to: n.getAttribute("href") }));
  const named = await json(`/v1/shows/${link.id}`);
  equal("name of a show", [link.text.startsWith(`${named.title} · `), link.to], [true, `#/reports/${link.id}`]);
  await look(p, "ladder");

  // Complaints: what a machine suggests is confirmed, a finding goes its way, the next show is told.
  await go(p, "/complaints", '[data-figure="orders_complained"]');
  const before = await json("/v1/service/complaint-rate");
  equal("complained of", await text(p, '[data-figure="orders_complained"] b'), percent(before.orders_complained));
  await p.waitForSelector('[data-complaint] [data-do="confirm"]');
  await look(p, "complaints");
  await p.click('[data-complaint] [data-do="confirm"]');
  await gone(p, "[data-complaint]");
  await reads(p, '[data-figure="orders_complained"] b', percent({ ...before.orders_complained, numerator: before.orders_complained.numerator + 1 }));
  await p.click('[data-do="new"]');
  await p.fill("dialog input[name=title]", "不要说「纯棉」");
  await p.fill("dialog input[name=product]", "shirt");
  await p.fill("dialog input[name=terms]", "纯棉，棉");
  await p.click('dialog [data-do="save"]');
  await p.click('[data-finding][data-state="open"] [data-do="route"]');
  await p.fill("dialog input[name=owner]", "lin");
  await p.click('dialog [data-do="save"]');
  await p.click('[data-finding][data-state="routed"] [data-do="adopt"]');
  await p.fill("dialog textarea[name=action]", "说「含棉 60%」");
  await p.click('dialog [data-do="save"]');
  await p.click('[data-finding][data-state="adopted"] [data-do="verify"]');
  await p.waitForSelector("[data-verified]");
  const [finding] = (await json("/v1/service/feedback")).items;
  equal("finding", [finding.state, finding.owner_id, finding.terms, finding.action, finding.verified.outcome], ["adopted", "lin", ["纯棉", "棉"], "说「含棉 60%」", "sample_too_small"]);
  await p.click('[data-section="brief"] [data-do="draft"]');
  await reads(p, "[data-item]", "含棉 60%");
  await p.fill('[data-section="brief"] input[name=text]', "尺码偏大");
  await p.click('[data-section="brief"] [data-do="add"]');
  await reads(p, "[data-item]", "尺码偏大");
  await p.click('[data-section="brief"] [data-do="publish"]');
  await p.waitForFunction(() => document.querySelector("[data-brief-state]")?.classList.contains("warn"));
  await look(p, "findings");

  // Shows side by side, from the page's own choice; the files are the route's bytes.
  await go(p, "/compare", `[data-choose="${stage.shows[0]}"]`);
  for (const id of stage.shows) await p.check(`[data-choose="${id}"]`);
  await p.waitForSelector('[data-key="orders_paid"]');
  const compared = await json(`/v1/comparisons?shows=${stage.shows}`);
  const orders = compared.items.filter((x) => x.key === "orders_paid").map((x) => String(x.numerator));
  equal("orders", await p.locator('[data-key="orders_paid"] td b').allTextContents(), orders);
  equal("base", await p.locator("thead [data-side]").first().getAttribute("data-side"), stage.shows[0]);
  await look(p, "compare");
  await p.fill('[data-field="find"]', "no such figure");
  equal("found", await p.locator("[data-key]").count(), 0);
  const [file] = await Promise.all([p.waitForEvent("download"), p.click('[data-format="csv"]')]);
  equal("file", file.suggestedFilename(), "comparison.csv");

  // Periods: the days around each of the two shows, on both axes, and the way from one to the other.
  const around = async (id) => {
    const at = Date.parse((await json(`/v1/shows/${id}`)).started_at);
    return [-1, 1].map((days) => new Date(at + days * 86_400_000).toISOString().slice(0, 10));
  };
  const [from, to] = await around(stage.shows[0]);
  const [againstFrom, againstTo] = await around(stage.shows[1]);
  await p.click('[data-by="days"]');
  await p.waitForFunction(() => document.querySelector('[data-field="to"]')?.value); // the week before, once it is known where
  for (const [field, day] of Object.entries({ from, to, against_from: againstFrom, against_to: againstTo })) {
    await p.fill(`[data-field="${field}"]`, day);
    await p.press(`[data-field="${field}"]`, "Tab");
  }
  const periods = await json(`/v1/comparisons?from=${from}&to=${to}&against_from=${againstFrom}&against_to=${againstTo}`);
  equal("days", periods.periods.map((x) => x.shows), [1, 1]);
  for (const axis of ["moved", "started"]) {
    await p.click(`[data-axis="${axis}"]`);
    const row = periods.items.find((x) => x.axis === axis && x.key === "orders_paid");
    await reads(p, '[data-key="orders_paid"] [data-now]', String(row.numerator));
    await reads(p, '[data-key="orders_paid"] [data-then]', String(row.against_numerator));
  }
  equal("bridge", await p.locator("[data-bridge]").count(), periods.bridge.length);
  await look(p, "periods");

  // A host reads what is complained of and changes nothing; an agent sees the own temperature alone.
  const host = await enter("host", "/complaints");
  await host.waitForSelector("[data-finding]");
  equal("levers of a host", await host.locator('[data-do="new"], [data-do="route"], [data-do="verify"], [data-do="publish"]').count(), 0);
  const ann = await enter("ann", "/temperature");
  await ann.waitForSelector("[data-felt]");
  await go(ann, "/desk", "[data-desk-standing=connected]");
  await look(ann, "desk");
  await go(ann, "/temperature", "[data-felt]");
  equal("lists of an agent", await ann.locator('[data-section="over"], [data-section="unmet"], [data-by]').count(), 0);
});
