import { expect, it } from "vitest";
import { credits, fileName, tableOf, type Model, type Report } from "./report";

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
