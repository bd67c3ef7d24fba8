import { afterEach, expect, it, vi } from "vitest";
import { session } from "@/session/session";
import { router } from "./router";

const token = `x.${btoa(JSON.stringify({ sub: "u1", role: "merchant", merchant_id: "m1", exp: 32503680000 }))}.y`;

afterEach(() => { vi.unstubAllGlobals(); session.end(); });

it.each(["/", "/no/such/page", "/?x=1"])("leads from %s to the login, and once in to a page", async (address) => {
  await router.push(address);
  expect(router.currentRoute.value.name).toBe("login");
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ sub: "u1", role: "merchant", actions: ["report.read"] })));
  await session.begin(token, 0);
  await router.push(address === "/" ? "/?again=1" : address);
  expect(router.currentRoute.value.name).not.toBe("login");
  expect(router.currentRoute.value.matched.length).toBeGreaterThan(0);
});
