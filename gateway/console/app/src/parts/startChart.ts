// A chart begins when ECharts is here, which comes in a chunk of its own with the
// first chart. The line may be down just then: the chunk is asked for again.

import type { Chart } from "./echarts";
import { FIRST, longer, pause } from "./pause";

type Parts = Pick<typeof import("./echarts"), "start">;

/** Begins a chart in an element that is there when ECharts is; undefined once the element is gone. */
export async function startChart(box: () => HTMLElement | null, load: () => Promise<Parts> = () => import("./echarts")): Promise<Chart | undefined> {
  for (let wait = FIRST; box(); wait = longer(wait)) {
    const parts = await load().catch(() => undefined);
    const at = box();
    if (parts && at) return parts.start(at);
    if (at) await pause(wait);
  }
  return undefined;
}
