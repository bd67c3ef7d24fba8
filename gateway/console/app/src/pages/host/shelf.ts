// The order of the shelf, for the list and for the keys.

import type { Item } from "@/room/state";

/** By rank, then by name of the SKU, as the server has it. */
export function ordered(shelf: Map<string, Item>): Item[] {
  return [...shelf.values()].sort((a, b) => a.rank - b.rank || (a.sku_id < b.sku_id ? -1 : 1));
}
