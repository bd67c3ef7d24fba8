// The server's own tables that the page needs: digits of currencies, and how
// each figure is defined.

import { reactive } from "vue";

interface Tables {
  digits: Record<string, number>;
  formulas: Record<string, string>;
}

export const tables = reactive<Tables>({ digits: {}, formulas: {} });

/** Loads the tables once, beside the page itself. */
export async function loadTables(): Promise<void> {
  const res = await fetch("tables.json");
  if (!res.ok) throw new Error(`tables.json: ${res.status}`);
  Object.assign(tables, await res.json());
}
