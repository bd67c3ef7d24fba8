import { expect, it } from "vitest";
import { HEADLINE, benchmarks, credits, fileName, isPart, rowsOf, tableOf, worst, type Model, type Report } from "./report";

const model: Model = { model: "last", currency: "CNY", orders: 3, total_minor: 30, unattributed_minor: 0, unattributed_orders: 0, by_stage: [], by_channel: [{ key: "a", credit_minor: 10, orders: 1 }, { key: "b", credit_minor: 20, orders: 2 }] };

it("puts what earned most first and loses nothing", () => {
  const rows = credits(model, "by_channel");
  expect(rows.map((r) => r["key"])).toEqual(["b", "a"]);
  expect(rows.reduce((sum, r) => sum + Number(r["credit_minor"]), 0)).toBe(model.total_minor);
  expect(model.by_channel[0]?.key).toBe("a");
});

it("names files by what they are", () => {
  expect(fileName("s1", "xlsx")).toBe("s1.xlsx");
  expect(fileName("s1", "windows")).toBe("s1-windows.csv");
});

it("takes a section that an older server lacks as empty", () => {
  expect(tableOf({} as Report, "groups_fed")).toEqual([]);
});

it("tells rates from counts, and what is not known from nothing", () => {
  const r = {
    benchmarks: [
      { key: "watch_uv", numerator: 0, denominator: 0, median_numerator: 350, median_denominator: 0, percentile: { numerator: 0, denominator: 9 }, target_numerator: 0, target_denominator: 0 },
      { key: "follow_rate", numerator: 1, denominator: 4, median_numerator: 0, median_denominator: 0, percentile: { numerator: 0, denominator: 0 }, target_numerator: 1, target_denominator: 2 },
    ],
    worst: [{ key: "follow_rate", numerator: 1, denominator: 4, against: "target", reference_numerator: 1, reference_denominator: 2, suggestion_zh: "说", suggestion_en: "say", evidence_zh: "证", evidence_en: "seen" }],
  } as unknown as Report;
  expect(benchmarks(r)).toEqual([
    { key: "watch_uv", value: 0, median: 350, percentile: { numerator: 0, denominator: 9 }, target: undefined },
    { key: "follow_rate", value: { numerator: 1, denominator: 4 }, median: undefined, percentile: undefined, target: { numerator: 1, denominator: 2 } },
  ]);
  expect(worst(r, "zh")).toEqual([{ key: "follow_rate", value: { numerator: 1, denominator: 4 }, reference: { numerator: 1, denominator: 2 }, target: true, suggestion: "说", evidence: "证" }]);
});

it("says which figures are of one currency of several", () => {
  const r = (...sold: string[]) => ({ show: { currency: "CNY" }, by_currency: sold.map((currency) => ({ currency })) }) as unknown as Report;
  expect(HEADLINE.filter((k) => isPart(r("CNY", "USD"), k))).toEqual(["gmv_paid_minor", "gmv_net_minor", "orders_paid", "buyers", "view_to_pay", "aov_minor", "gpm_watch_minor", "refund_rate_amount"]);
  expect(HEADLINE.filter((k) => isPart(r("USD"), k)).length).toBe(8);
  expect(HEADLINE.filter((k) => isPart(r("CNY"), k) || isPart(r(), k))).toEqual([]);
});

it("shows alerts and commands by what people call things", () => {
  const r = {
    products: [{ product_id: "shirt", title: "Linen shirt" }, { product_id: "shoe", title: "Shoe 40" }, { product_id: "shoe", title: "Shoe 41" }],
    commands: [{ type: "product_pinned", product_id: "shirt" }, { type: "product_pinned", product_id: "shoe" }, { type: "announcement_published" }],
    alerts: [
      { alert_id: "al_1", rule: "soon_gone", kind: "stock_out_ahead", severity: "warning", subject: "shirt-m", raised_at: "2026-11-11T12:00:00Z", cleared_at: "", reason: "", evidence: '{"title":"Linen shirt","left":2}' },
      { alert_id: "al_2", rule: "soon_gone", kind: "sla_breach", severity: "critical", subject: "", evidence: "" },
    ],
  } as unknown as Report;
  expect(rowsOf(r, "commands").map((c) => c["product_id"])).toEqual(["Linen shirt", "shoe", undefined]);
  expect(rowsOf(r, "alerts").map((a) => [a["kind"], a["subject"], a["rule"], a["evidence"]])).toEqual([["stock_out_ahead", "Linen shirt", undefined, undefined], ["sla_breach", "", undefined, undefined]]);
  expect(rowsOf(r, "products")).toBe(r["products"]);
});
