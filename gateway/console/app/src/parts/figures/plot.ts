// What charts are made of: options of ECharts as a function of the colours, so
// that both themes are drawn by the same lines.

import { type Row, numberOf } from "./value";

export type Colour = (name: string) => string;
/** The box of a chart: its width and the height of its text, in px. A wall of screens has larger text. */
export interface Box {
  width: number;
  text: number;
}
export type Plot = (colour: Colour, box: Box) => Record<string, unknown>;

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
  /** How its axis is written, where that is shorter. */
  tick?: (v: number) => string;
}

/** The frame that all charts have: no colour of their own, tooltips without markup. */
export const frame = (c: Colour, box: Box) => ({
  textStyle: { color: c("soft"), fontSize: box.text },
  grid: { left: 8, right: 8, top: 4.5 * box.text, bottom: 4, containLabel: true },
  legend: { type: "plain", top: 0, left: 0, itemHeight: 0.7 * box.text, itemWidth: 1.2 * box.text, textStyle: { color: c("soft"), fontSize: box.text } },
  tooltip: { trigger: "axis", renderMode: "richText", confine: true, backgroundColor: c("raised"), borderColor: c("edge"), textStyle: { color: c("ink"), fontSize: box.text } },
});

/** What a curve of few minutes is drawn over: one point alone would be given days. */
const LEAST_SPAN = 10 * 60_000;

/** Whether the minute of a row is over: what was counted of one that still runs would look like a fall. */
export const isOver = (r: Row, now: number): boolean => Date.parse(String(r["t"])) + 60_000 <= now;

/** From when to when the axis of rows goes; nothing to say of no rows. */
export function spanOf(rows: readonly Row[]): { min?: number; max?: number } {
  const times = rows.map((r) => Date.parse(String(r["t"]))).filter((t) => !Number.isNaN(t));
  if (times.length === 0) return {};
  const [min, max] = [Math.min(...times), Math.max(...times)];
  return { min, max: Math.max(max, min + LEAST_SPAN) };
}

/** How many px the name of a mark takes, told by the height of its text: names that would lie upon each other are left out, their marks stay. */
const NAME_WIDTH = 9;

/** Which marks are named: in the order of time, each that is far enough from the one named before. `ms` is what the width of the box spans. */
export function named(marks: readonly Mark[], ms: number, box: Box): boolean[] {
  const apart = box.width > 0 ? ms * NAME_WIDTH * box.text / box.width : Infinity;
  let last = -Infinity;
  return marks.map((m) => {
    if (m.at - last < apart) return false;
    last = m.at;
    return true;
  });
}

/** Rows of minutes as lines over time, with the commands upon them. */
export function timePlot(rows: readonly Row[], lines: readonly Line[], marks: readonly Mark[], time: (ms: number) => string): Plot {
  const span = spanOf(rows);
  return (c, box) => {
    const told = named(marks, (span.max ?? 0) - (span.min ?? 0), box);
    const axis = (right: boolean) => {
      const first = lines.find((l) => Boolean(l.right) === right);
      return { type: "value", min: 0, minInterval: 1, show: Boolean(first), position: right ? "right" : "left", axisLabel: { color: c("soft"), fontSize: box.text, formatter: first?.tick ?? first?.write }, splitLine: { show: !right, lineStyle: { color: c("edge") } } };
    };
    return {
      ...frame(c, box),
      xAxis: { type: "time", ...span, minInterval: 60_000, axisLabel: { color: c("soft"), fontSize: box.text, formatter: time, hideOverlap: true }, axisLine: { lineStyle: { color: c("edge") } }, axisPointer: { label: { formatter: (p: { value: unknown }) => time(Number(p.value)) } } },
      yAxis: [axis(false), axis(true)],
      series: lines.map((l, i) => ({
        type: l.bars ? "bar" : "line", name: l.name, yAxisIndex: l.right ? 1 : 0, showSymbol: rows.length < 3, smooth: false, barMaxWidth: 14,
        data: rows.map((r) => [Date.parse(String(r["t"])), numberOf(r[l.key]) ?? null]), lineStyle: { width: 2 }, itemStyle: { color: c(l.colour), ...(l.bars ? { opacity: 0.45 } : {}) },
        tooltip: { valueFormatter: (v: unknown) => (typeof v === "number" ? l.write(v) : "—") },
        ...(i === 0 && marks.length > 0 ? { markLine: {
          symbol: "none", silent: false, lineStyle: { color: c("gold"), type: "dashed", width: 1, opacity: 0.7 }, label: { color: c("gold"), fontSize: 0.9 * box.text, formatter: (p: { name: string }) => p.name },
          data: marks.map((m, n) => ({ name: m.name, xAxis: m.at, label: { show: told[n] } })),
        } } : {}),
      })),
    };
  };
}

/** Bars side by side: one group for each key, one bar for each series; `tick` writes the axis. */
export function barPlot(keys: readonly string[], series: readonly { name: string; values: readonly (number | null)[]; colour: string }[], written: (v: number) => string, tick = written): Plot {
  return (c, box) => ({
    ...frame(c, box),
    grid: { left: 8, right: 16, top: 2.6 * box.text, bottom: 4, containLabel: true },
    xAxis: { type: "value", axisLabel: { color: c("soft"), fontSize: box.text, formatter: tick, hideOverlap: true }, splitLine: { lineStyle: { color: c("edge") } } },
    yAxis: { type: "category", data: [...keys], inverse: true, axisLabel: { color: c("ink"), fontSize: box.text, width: 11 * box.text, overflow: "truncate" }, axisLine: { lineStyle: { color: c("edge") } }, axisTick: { show: false } },
    series: series.map((s) => ({ type: "bar", name: s.name, data: [...s.values], barMaxWidth: 14, itemStyle: { color: c(s.colour) }, tooltip: { valueFormatter: (v: unknown) => (typeof v === "number" ? written(v) : "—") } })),
  });
}
