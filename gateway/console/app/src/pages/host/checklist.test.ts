import { describe, expect, it } from "vitest";
import { checks, type Checklist } from "./checklist";

describe("the checklist", () => {
  it("has what the facts say before what the merchant declared", () => {
    const list: Checklist = {
      show_id: "s1", open_items: ["stock", "lights"], blocking_items: ["lights"],
      facts: [{ item_id: "shelf", done: true, says: "the shelf has items" }, { item_id: "stock", done: false, says: "an item has no stock" }],
      manual: [{ item_id: "lights", title: "灯光已检查", blocking: true, done: false }, { item_id: "samples", title: "样品到位", done: true, done_by: "li" }],
    };
    expect(checks(list)).toEqual([
      { id: "shelf", done: true, fact: "shelf", text: "the shelf has items", manual: false, blocking: false },
      { id: "stock", done: false, fact: "stock", text: "an item has no stock", manual: false, blocking: false },
      { id: "lights", done: false, text: "灯光已检查", manual: true, blocking: true },
      { id: "samples", done: true, text: "样品到位", manual: true, blocking: false, by: "li" },
    ]);
  });
  it("keeps a fact of a newer server in the server's words", () => {
    const list = { show_id: "s1", open_items: [], blocking_items: [], facts: [{ item_id: "weather", done: true, says: "it is dry" }], manual: [] } as unknown as Checklist;
    expect(checks(list)).toEqual([{ id: "weather", done: true, text: "it is dry", manual: false, blocking: false }]);
  });
  it("is empty before the answer is there", () => {
    expect(checks(undefined)).toEqual([]);
  });
});
