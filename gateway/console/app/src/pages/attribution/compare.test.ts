import { expect, it } from "vitest";
import { comparison, top } from "./compare";

const total = {
  comparison: [{ key: "b", models: [{ model: "last", value_minor: 1 }, { model: "first", value_minor: 9 }] }, { key: "a", models: [{ model: "last", value_minor: 5 }, { model: "first", value_minor: 0 }] }, { key: "c", models: [{ model: "last", value_minor: 0 }, { model: "first", value_minor: 0 }] }],
  credits: [{ key: "b", value_minor: 1 }, { key: "a", value_minor: 5 }],
} as unknown as Parameters<typeof comparison>[0];

it("compares models by rows, the first model's most earned first", () => {
  expect(comparison(total, ["last", "first"])).toEqual([{ key: "a", last: 5, first: 0 }, { key: "b", last: 1, first: 9 }]);
  expect(comparison(total, ["first"]).map((r) => r["key"])).toEqual(["b", "a"]);
});

it("draws those that earned most", () => {
  expect(top(total, 1)).toEqual({ keys: ["a"], values: [5] });
});
