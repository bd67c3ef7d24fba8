import { expect, it } from "vitest";
import type { Item } from "@/room/state";
import { pinnedOf, productTitle } from "./pinned";

const item = (sku: string, product: string, title: string, price: number, left: number, rank: number): Item => ({ sku_id: sku, product_id: product, title, price_minor: price, currency: "CNY", left, rank });
const shelf = new Map([item("m", "shirt", "Linen shirt (M)", 9900, 0, 2), item("l", "shirt", "Linen shirt (L)", 12900, 7, 3), item("cup", "cup", "Cup", 500, 1, 1)].map((i) => [i.sku_id, i]));

it("tells a product with all its SKUs", () => {
  expect(pinnedOf(shelf, "shirt")).toMatchObject({ title: "Linen shirt", least: 9900, most: 12900, left: 7, currency: "CNY" });
  expect(pinnedOf(shelf, "shirt")?.items.map((i) => i.sku_id)).toEqual(["m", "l"]);
  expect(pinnedOf(shelf, "cup")).toMatchObject({ title: "Cup", least: 500, most: 500, left: 1 });
  expect(pinnedOf(shelf, "")).toBeUndefined();
});

it("calls a product what its SKUs begin with in common", () => {
  const called = (...titles: string[]) => productTitle(titles.map((t, i) => item(`k${String(i)}`, "p", t, 1, 1, i)));
  expect(called("Linen shirt (M)", "Linen shirt (L)")).toBe("Linen shirt");
  expect(called("亚麻衬衫 白色", "亚麻衬衫 黑色")).toBe("亚麻衬衫");
  expect(called("Shirt", "Shorts")).toBe("Shirt");
  expect(called("Shirt", "Shirt XL")).toBe("Shirt");
  expect(called("", "")).toBe("k0");
});
