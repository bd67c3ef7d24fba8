// A product with all its SKUs, as the card of what is pinned tells it.

import type { Item } from "@/room/state";
import { ordered } from "./shelf";

export interface Pinned {
  product: string;
  title: string;
  image: string | undefined;
  currency: string;
  /** The lowest and the highest price of its SKUs. */
  least: number;
  most: number;
  left: number;
  /** In the order of the shelf. */
  items: Item[];
}

const inWord = /[\p{L}\p{N}]/u;
/** What joins a title to the name of its variant, and is none of the title. */
const joint = /[\s\p{Ps}\p{Pd},，、:：;；/|·•+*×]+$/u;

/** What two titles begin with in common, without a word that is cut in two. */
function sharedHead(a: string, b: string): string {
  const [x, y] = [[...a], [...b]];
  let n = 0;
  while (n < x.length && x[n] === y[n]) n++;
  const goesOn = inWord.test(x[n] ?? "") || inWord.test(y[n] ?? "");
  while (goesOn && n > 0 && inWord.test(x[n - 1] ?? "")) n--;
  return x.slice(0, n).join("");
}

/** What a product is called: what the titles of its SKUs begin with in common, as in reports; else the first. */
export function productTitle(items: Item[]): string {
  const titles = items.map((i) => i.title).filter(Boolean);
  const whole = titles.length > 1 ? titles.reduce(sharedHead).replace(joint, "") : "";
  return whole || (titles[0] ?? items[0]?.sku_id ?? "");
}

/** The product that is pinned; undefined when none is, or when it is not on the shelf. */
export function pinnedOf(shelf: Map<string, Item>, product: string): Pinned | undefined {
  const items = ordered(shelf).filter((i) => i.product_id === product);
  const [head] = items;
  if (!head) return undefined;
  const prices = items.map((i) => i.price_minor);
  return {
    product, title: productTitle(items), image: items.find((i) => i.image_url)?.image_url, currency: head.currency,
    least: Math.min(...prices), most: Math.max(...prices), left: items.reduce((n, i) => n + i.left, 0), items,
  };
}
