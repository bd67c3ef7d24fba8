// Temperatures as rows whose columns are called as the dictionary calls them.

import type { components } from "@/api/schema";
import type { Row } from "@/parts/figures/value";

type Felt = components["schemas"]["Temperature"];

/** One temperature as a row; how late needs were answered has a name of its own in the dictionary. */
export function feltRow({ late_rate, ...felt }: Felt): Row {
  return { ...felt, late_answer_rate: late_rate };
}
