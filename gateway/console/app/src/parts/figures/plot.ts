// What charts are made of: options of ECharts as a function of the colours, so
// that both themes are drawn by the same lines.

import { type Row, numberOf } from "./value";

export type Colour = (name: string) => string;
export type Plot = (colour: Colour) => Record<string, unknown>;

/** A mark on a curve: a command, and when it was given. */
export interface Mark {
  at: number;
  name: string;
}

export interface Line {
  key: string;
  name: string;
  colour: string;
  /** Against the right axis. */
  right?: boolean;
  bars?: boolean;
  write: (v: number) => string;
}

/** The frame that all charts have: no colour of their own, tooltips without markup. */
export const frame = (c: Colour) => ({
  textStyle: { color: c("soft") },
  grid: { left: 8, right: 8, top: 56, bottom: 4, containLabel: true },
  legend: { type: "plain", top: 0, left: 0, itemHeight: 8, itemWidth: 14, textStyle: { color: c("soft") } },
  tooltip: { trigger: "axis", renderMode: "richText", confine: true, backgroundColor: c("raised"), borderColor: c("edge"), textStyle: { color: c("ink"), fontSize: 12 } },
});

/** What a curve of few minutes is drawn over: one point alone would be given days. */
const LEAST_SPAN = 10 * 60_000;

/** From when to when the axis of rows goes; nothing to say of no rows. */
export function spanOf(rows: readonly Row[]): { min?: number; max?: number } {
  const times = rows.map((r) => Date.parse(String(r["t"]))).filter((t) => !Number.isNaN(t));
  if (times.length === 0) return {};
  const [min, max] = [Math.min(...times), Math.max(...times)];
  return { min, max: Math.max(max, min + LEAST_SPAN) };
}

/** Rows of minutes as lines over time, with the commands upon them. */
export function timePlot(rows: readonly Row[], lines: readonly Line[], marks: readonly Mark[], time: (ms: number) => string): Plot {
  return (c) => {
    const axis = (right: boolean) => {
      const first = lines.find((l) => Boolean(l.right) === right);
      return { type: "value", min: 0, minInterval: 1, show: Boolean(first), position: right ? "right" : "left", axisLabel: { color: c("soft"), formatter: first?.write }, splitLine: { show: !right, lineStyle: { color: c("edge") } } };
    };
    return {
      ...frame(c),
      xAxis: { type: "time", ...spanOf(rows), minInterval: 60_000, axisLabel: { color: c("soft"), formatter: time, hideOverlap: true }, axisLine: { lineStyle: { color: c("edge") } }, axisPointer: { label: { formatter: (p: { value: unknown }) => time(Number(p.value)) } } },
      yAxis: [axis(false), axis(true)],
      series: lines.map((l, i) => ({
        type: l.bars ? "bar" : "line", name: l.name, yAxisIndex: l.right ? 1 : 0, showSymbol: rows.length < 3, smooth: false, barMaxWidth: 14,
        data: rows.map((r) => [Date.parse(String(r["t"])), numberOf(r[l.key]) ?? null]), lineStyle: { width: 2 }, itemStyle: { color: c(l.colour), ...(l.bars ? { opacity: 0.45 } : {}) },
        tooltip: { valueFormatter: (v: unknown) => (typeof v === "number" ? l.write(v) : "—") },
        ...(i === 0 && marks.length > 0 ? { markLine: {
          symbol: "none", silent: false, lineStyle: { color: c("gold"), type: "dashed", width: 1 }, label: { show: marks.length <= 12, color: c("gold"), fontSize: 10, formatter: (p: { name: string }) => p.name },
          data: marks.map((m) => ({ name: m.name, xAxis: m.at })),
        } } : {}),
      })),
    };
  };
}

/** Bars side by side: one group for each key, one bar for each series. */
export function barPlot(keys: readonly string[], series: readonly { name: string; values: readonly (number | null)[]; colour: string }[], written: (v: number) => string): Plot {
  return (c) => ({
    ...frame(c),
    grid: { left: 8, right: 16, top: 36, bottom: 4, containLabel: true },
    xAxis: { type: "value", axisLabel: { color: c("soft"), formatter: written, hideOverlap: true }, splitLine: { lineStyle: { color: c("edge") } } },
    yAxis: { type: "category", data: [...keys], inverse: true, axisLabel: { color: c("ink"), width: 130, overflow: "truncate" }, axisLine: { lineStyle: { color: c("edge") } }, axisTick: { show: false } },
    series: series.map((s) => ({ type: "bar", name: s.name, data: [...s.values], barMaxWidth: 14, itemStyle: { color: c(s.colour) }, tooltip: { valueFormatter: (v: unknown) => (typeof v === "number" ? written(v) : "—") } })),
  });
}
