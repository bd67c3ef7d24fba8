import { afterEach, expect, it, vi } from "vitest";
import { addressOf, findWays, finish, lastMerchant, logOut, waysIn, type Way } from "./ways";
import { session } from "./session";

const token = `x.${btoa(JSON.stringify({ sub: "u1", role: "host", merchant_id: "m1", exp: 32503680000 }))}.y`;
const way = { merchant_id: "m1", name: { zh: "示例", en: "Example" }, start: "/login/start?merchant_id=m1" };

/** A server of a few answers, by address. */
function server(answers: Record<string, [number, unknown]>): ReturnType<typeof vi.fn> {
  const asked = vi.fn(async (url: string) => {
    const [status, body] = answers[url] ?? [404, {}];
    return new Response(JSON.stringify(body), { status });
  });
  vi.stubGlobal("fetch", asked);
  return asked;
}

afterEach(() => { vi.unstubAllGlobals(); sessionStorage.clear(); localStorage.clear(); session.end(); });

it("takes only doors of the server for ways", () => {
  expect(waysIn({ items: [way] })).toEqual([{ merchant: "m1", name: way.name, start: way.start }]);
  for (const bad of [null, [], { items: {} }, { items: [null] }, { items: [{ ...way, start: "https://evil.example/login/start?" }] }, { items: [{ ...way, start: "javascript:alert(1)" }] }]) {
    expect(waysIn(bad)).toEqual([]);
  }
});

it("asks for a merchant's way and comes back to the page that was wanted", async () => {
  const asked = server({ "/login/ways?merchant_id=m%201": [200, { items: [way], by_merchant: true }] });
  const { ways, byMerchant } = await findWays("m 1");
  expect(byMerchant).toBe(true);
  expect(addressOf(ways[0] as Way, "/rooms/r1/host?a=b")).toBe("/login/start?merchant_id=m1&next=%2Frooms%2Fr1%2Fhost%3Fa%3Db");
  expect(asked).toHaveBeenCalledOnce();
  expect(await findWays("other")).toEqual({ ways: [], byMerchant: false });
});

it("fetches the token once and begins the session with it", async () => {
  server({ "/login/token": [200, { token, merchant_id: "m1", next: "/wall" }], "/v1/me": [200, { sub: "u1", role: "host", actions: [] }] });
  expect(await finish("0a1b2c3d")).toBe("/wall");
  expect(session.token).toBe(token);
  expect(lastMerchant()).toBe("m1");
});

it("tells the server's reason when there is no token", async () => {
  server({ "/login/token": [401, { code: "login_expired", detail: "used" }] });
  await expect(finish("0a1b2c3d")).rejects.toMatchObject({ status: 401, code: "login_expired" });
  expect(session.me).toBeNull();
});

it("says good-bye to the provider only where a session came from one", async () => {
  let asked = server({ "/login/logout": [200, {}], "/login/token": [200, { token, merchant_id: "m1", next: "" }], "/v1/me": [200, { sub: "u1", role: "host", actions: [] }] });
  await session.begin(token, 0);
  await logOut();
  expect(asked.mock.calls.map((c) => c[0])).toEqual(["/v1/me"]);
  asked = server({ "/login/logout": [200, {}], "/login/token": [200, { token, merchant_id: "m1", next: "" }], "/v1/me": [200, { sub: "u1", role: "host", actions: [] }] });
  await finish("0a1b2c3d");
  await logOut();
  expect(session.token).toBe("");
  expect(asked.mock.calls.map((c) => c[0])).toEqual(["/login/token", "/v1/me", "/login/logout"]);
});
