import { expect, it } from "vitest";
import { details, wordKey, type Pens } from "./details";

const pens: Pens = { name: (k) => ({ price_minor: "Price", as_of: "As of" })[k], money: (n, c) => `${c} ${n}`, moment: (at) => `@${at.slice(0, 10)}`, word: (w) => `<${w}>`, show: (id) => `show ${id}`, staff: (id) => (id === "lin" ? "Lin 林" : "") };
const said = (detail: unknown, currency = "CNY") => details(pens, detail, currency).map((d) => `${d.name}: ${d.value}`);

it.each<[string, unknown, string[]]>([
  ["money of the show's currency", { price_minor: 19120 }, ["Price: CNY 19120"]],
  ["money of its own currency", { price_minor: 5, currency: "USD" }, ["Price: USD 5", "currency: <USD>"]],
  ["instants", { as_of: "2026-11-23T01:30:00Z" }, ["As of: @2026-11-23"]],
  ["what has no name, readably", { sku_id: "s", extend: true }, ["sku id: <s>", "extend: <yes>"]],
  ["lists", { personas: ["a", "b"] }, ["personas: <a>, <b>"]],
  ["shows by what they are called", { comparison: ["a", "b"], show_id: "c" }, ["comparison: show a, show b", "show id: show c"]],
  ["people by their names", { agent_id: "lin", host_id: "bo" }, ["agent id: Lin 林", "host id: <bo>"]],
  ["what has members, one by one", { track: { label_en: "Host", stages: [{ role: "agent", days: 3 }] } }, ["track: label en <Host> · stages role <agent> · days 3"]],
  ["nothing of what is empty", { room_id: "", to: [], who: null }, []],
  ["no details", undefined, []],
])("writes %s", (_, detail, want) => {
  expect(said(detail)).toEqual(want);
});

it("does not write money of no currency", () => {
  expect(said({ price_minor: 19120 }, "")).toEqual(["Price: 19120"]);
});

it.each([["command.set_price", "set_price"], ["shelf.put", "shelf_put"], ["service_agent_put", "service_agent_put"]])("knows %s as %s", (action, key) => {
  expect(wordKey(action)).toBe(key);
});
