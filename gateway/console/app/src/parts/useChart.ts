// A chart in an element: it begins when ECharts is here, follows the size of its
// box, the theme and the language, and ends with its component.

import { onBeforeUnmount, onMounted, watch, type WatchSource } from "vue";
import { locale } from "@/i18n/words";
import { theme } from "@/theme/theme";
import type { Chart } from "./echarts";
import { startChart } from "./startChart";

/** What is drawn is drawn with: the chart, its width, and the colours of the theme by their names. */
export type Draw = (chart: Chart, width: number, colour: (name: string) => string) => void;

/** Draws what `drawn` tells in the box, anew when that changes and when the box is wider or narrower. */
export function useChart(box: () => HTMLElement | null, drawn: WatchSource, draw: Draw): void {
  let chart: Chart | undefined;
  let observer: ResizeObserver | undefined;
  let width = 0; // for which the chart was drawn

  function again(): void {
    const at = box();
    if (!chart || !at) return;
    const css = getComputedStyle(document.documentElement);
    width = at.clientWidth;
    draw(chart, width, (name) => css.getPropertyValue(`--${name}`).trim());
  }

  onMounted(async () => {
    chart = await startChart(box);
    const at = box();
    if (!chart || !at) return;
    observer = new ResizeObserver(() => {
      chart?.resize();
      if (at.clientWidth !== width) again();
    });
    observer.observe(at);
    again();
  });
  watch([drawn, theme, locale], again, { flush: "post" });
  onBeforeUnmount(() => { observer?.disconnect(); chart?.dispose(); });
}
