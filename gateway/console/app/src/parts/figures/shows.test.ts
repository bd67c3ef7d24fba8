import { expect, it, vi } from "vitest";
import { effectScope, watchEffect } from "vue";
import { Problem } from "@/api/problem";
import { makeShowNames } from "./shows";

const settled = () => new Promise((done) => setTimeout(done, 0));

const SHANGHAI = { time_zone: "Asia/Shanghai", currency: "CNY" };

it("asks about each show once, a few at a time", async () => {
  let open = 0;
  let most = 0;
  const get = vi.fn(async (id: string) => {
    most = Math.max(most, ++open);
    await settled();
    open--;
    return { ...SHANGHAI, show_id: id, title: `Show ${id}`, started_at: "2026-11-01T12:00:00Z" };
  });
  const names = makeShowNames(get);
  const ids = Array.from({ length: 10 }, (_, i) => String(i));
  for (const id of [...ids, ...ids]) names.of(id);
  for (let i = 0; i < 6; i++) await settled();
  expect(get).toHaveBeenCalledTimes(10);
  expect(most).toBe(4);
  expect(names.of("3")).toEqual({ title: "Show 3", at: "2026-11-01T12:00:00Z", begun: true, zone: "Asia/Shanghai", currency: "CNY" });
});

it("tells who looks when the name is there", async () => {
  const names = makeShowNames(() => Promise.resolve({ ...SHANGHAI, show_id: "s", title: "Kitchen", planned_start_at: "2026-11-02T12:00:00Z" }));
  const seen: (string | undefined)[] = [];
  const scope = effectScope();
  scope.run(() => { watchEffect(() => { seen.push(names.of("s")?.title); }); });
  await settled();
  await settled();
  scope.stop();
  expect(seen).toEqual([undefined, "Kitchen"]);
  expect(names.of("s")?.begun).toBe(false);
});

it("asks no more about a show that is not there, and again after the line was cut", async () => {
  const get = vi.fn((id: string) => Promise.reject(new Problem(id === "gone" ? 404 : 0)));
  const names = makeShowNames(get);
  for (let i = 0; i < 3; i++) {
    names.of("gone");
    await settled();
  }
  expect(get).toHaveBeenCalledTimes(1);
  names.of("cut");
  await settled();
  names.of("cut");
  await settled();
  expect(get).toHaveBeenCalledTimes(3);
});

it("asks about no show that a list has told", () => {
  const get = vi.fn();
  const names = makeShowNames(get);
  expect(names.seen("s")).toBeUndefined();
  names.keep([{ ...SHANGHAI, show_id: "s", title: "Kitchen" }]);
  expect(names.of("s")).toEqual({ title: "Kitchen", at: "", begun: false, zone: "Asia/Shanghai", currency: "CNY" });
  expect(get).not.toHaveBeenCalled();
});
