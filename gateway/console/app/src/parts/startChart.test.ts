import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Chart } from "./echarts";
import { startChart } from "./startChart";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const chart = {} as Chart;
const box = {} as HTMLElement;

test("a chunk that does not come is asked for again", async () => {
  let asked = 0;
  const begun = startChart(() => box, () => (++asked < 4 ? Promise.reject(new TypeError("no line")) : Promise.resolve({ start: () => chart })));
  await vi.advanceTimersByTimeAsync(500 + 1000 - 1);
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(1 + 2000);
  expect(await begun).toBe(chart);
  expect(asked).toBe(4);
});

test("nothing is asked for once the element is gone", async () => {
  let here: HTMLElement | null = box;
  let asked = 0;
  const begun = startChart(() => here, () => { asked++; return Promise.reject(new TypeError("no line")); });
  await vi.advanceTimersByTimeAsync(100);
  here = null;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await begun).toBeUndefined();
  expect(asked).toBe(1);
});
