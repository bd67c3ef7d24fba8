import { expect, it } from "vitest";
import { marksOf } from "./marks";

const at = (s: number) => new Date(Date.UTC(2026, 10, 11, 12, 0, s)).toISOString();

it("marks telling commands once, in the order of time", () => {
  const marks = marksOf([
    { t: at(30), type: "coupon_dropped" }, { t: at(1), type: "product_pinned" }, { t: at(2), type: "product_pinned" }, { t: at(9), type: "product_pinned" },
    { t: at(3), type: "product_listed" }, { t: "never", type: "product_pinned" },
  ], (type) => type.toUpperCase());
  expect(marks).toEqual([{ at: Date.parse(at(1)), name: "PRODUCT_PINNED" }, { at: Date.parse(at(9)), name: "PRODUCT_PINNED" }, { at: Date.parse(at(30)), name: "COUPON_DROPPED" }]);
});
