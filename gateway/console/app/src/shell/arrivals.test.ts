import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createMemoryHistory, createRouter, type Router } from "vue-router";
import type { Page } from "@/pages/registry";
import { makeArrivals, type Arrivals, type Surroundings } from "./arrivals";

const code = { render: () => null };
const lost = () => Promise.reject(new TypeError("Failed to fetch dynamically imported module"));
const wall = { name: "wall", path: "wall" } as Page;
const audit = { name: "audit", path: "audit" } as Page;

let load: () => Promise<unknown>;
let kept: Map<string, string>;
let reloads: string[];

beforeEach(() => { vi.useFakeTimers(); vi.spyOn(console, "warn").mockReturnValue(undefined); kept = new Map(); reloads = []; load = lost; });
afterEach(() => { vi.useRealTimers(); });

function stand(served: Surroundings["served"]): { arrivals: Arrivals; router: Router } {
  const arrivals = makeArrivals({
    build: "aa", served, styles: () => Promise.resolve(), reload: (href) => { reloads.push(href); },
    kept: { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => { kept.set(k, v); }, removeItem: (k) => { kept.delete(k); } },
  });
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/", component: code },
      { path: "/wall", meta: { page: wall }, component: () => arrivals.fetch(wall, () => load()) as Promise<typeof code> },
      { path: "/audit", meta: { page: audit }, component: () => arrivals.fetch(audit, () => Promise.resolve(code)) },
    ],
  });
  arrivals.follow(router);
  return { arrivals, router };
}

it("says that the line is cut, and comes by itself when it is back", async () => {
  const { arrivals, router } = stand(() => Promise.resolve(undefined));
  await router.push("/");
  const went = router.push("/wall");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(arrivals.awaited.value).toEqual({ page: wall, lack: "cut" });
  expect(reloads).toEqual([]);
  load = () => Promise.resolve(code);
  await vi.advanceTimersByTimeAsync(8000);
  await went;
  expect(router.currentRoute.value.path).toBe("/wall");
  expect(arrivals.awaited.value).toBeUndefined();
});

it("comes at once when somebody goes there again, and is asked for once at a time", async () => {
  const { router } = stand(() => Promise.resolve(undefined));
  await router.push("/audit");
  void router.push("/wall");
  await vi.advanceTimersByTimeAsync(60_000);
  await router.push("/audit");
  const come = vi.fn(() => Promise.resolve(code));
  load = come;
  const went = router.push("/wall");
  await vi.advanceTimersByTimeAsync(0);
  await went;
  expect(router.currentRoute.value.path).toBe("/wall");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(come).toHaveBeenCalledTimes(1);
});

it.each([["a press", (a: Arrivals) => { a.hurry(); }], ["a network that is back", () => { dispatchEvent(new Event("online")); }]])("comes at once after %s", async (_, wake) => {
  const { arrivals, router } = stand(() => Promise.resolve(undefined));
  const went = router.push("/wall");
  await vi.advanceTimersByTimeAsync(60_000);
  load = () => Promise.resolve(code);
  wake(arrivals);
  await vi.advanceTimersByTimeAsync(0);
  await went;
  expect(router.currentRoute.value.path).toBe("/wall");
});

it("says that it is on its way when it is slow, and nothing when it is not", async () => {
  let come: ((c: typeof code) => void) | undefined;
  load = () => new Promise((done) => { come = done; });
  const { arrivals, router } = stand(() => Promise.resolve("aa"));
  const went = router.push("/wall");
  await vi.advanceTimersByTimeAsync(999);
  expect(arrivals.awaited.value).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(arrivals.awaited.value?.lack).toBe("slow");
  come?.(code);
  await went;
  expect(arrivals.awaited.value).toBeUndefined();
});

it("loads the document anew once after an update, and never again though that does not help", async () => {
  const { arrivals, router } = stand(() => Promise.resolve("bb"));
  void router.push("/wall?of=me");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reloads).toEqual(["/wall?of=me"]);
  // After that reload: the same tab, another document.
  const after = stand(() => Promise.resolve("cc"));
  void after.router.push("/wall");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reloads).toHaveLength(1);
  expect(after.arrivals.awaited.value?.lack).toBe("missing");
  after.arrivals.hurry();
  expect(reloads).toEqual(["/wall?of=me", "/wall"]);
  expect(arrivals.awaited.value?.lack).toBe("missing");
});

it("may load the document anew again after the page was there", async () => {
  const { router } = stand(() => Promise.resolve("bb"));
  const went = router.push("/wall");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(kept.size).toBe(1);
  load = () => Promise.resolve(code);
  await vi.advanceTimersByTimeAsync(8000);
  await went;
  expect(kept.size).toBe(0);
});

it("asks a server of the same build twice before it loads the document anew", async () => {
  const { router } = stand(() => Promise.resolve("aa"));
  void router.push("/wall");
  await vi.advanceTimersByTimeAsync(499);
  expect(reloads).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(reloads).toEqual(["/wall"]);
});

it("forgets what nobody waits for: who goes elsewhere is told nothing and is not taken away", async () => {
  const answers: (string | undefined)[] = [undefined];
  const { arrivals, router } = stand(() => Promise.resolve(answers[0]));
  void router.push("/wall");
  await vi.advanceTimersByTimeAsync(100);
  expect(arrivals.awaited.value?.lack).toBe("cut");
  await router.push("/audit");
  expect(arrivals.awaited.value).toBeUndefined();
  answers[0] = "bb";
  await vi.advanceTimersByTimeAsync(60_000);
  expect([reloads, router.currentRoute.value.path]).toEqual([[], "/audit"]);
});

it("forgets it also when somebody stays where they are", async () => {
  const { arrivals, router } = stand(() => Promise.resolve(undefined));
  await router.push("/audit");
  void router.push("/wall");
  await vi.advanceTimersByTimeAsync(100);
  await router.push("/audit");
  expect(arrivals.awaited.value).toBeUndefined();
});
