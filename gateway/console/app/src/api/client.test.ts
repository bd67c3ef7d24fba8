import { expect, it, vi } from "vitest";
import { address, makeApi } from "./client";

const answer = (status: number, body: unknown) => vi.fn(async () => new Response(JSON.stringify(body), { status }));

it("fills addresses and escapes what it fills in", () => {
  expect(address("/v1/rooms/{room_id}", { room_id: "a/b c" })).toBe("/v1/rooms/a%2Fb%20c");
  expect(address("/v1/shows", {}, { state: "live", cursor: undefined })).toBe("/v1/shows?state=live");
  expect(() => address("/v1/rooms/{room_id}")).toThrow("room_id");
});

it("sends the token as a header and nowhere else", async () => {
  const fetched = answer(200, { items: [] });
  await makeApi({ token: () => "secret", refused: () => undefined, fetch: fetched as unknown as typeof fetch }).get("/v1/rooms");
  const [url, init] = fetched.mock.calls[0] as unknown as [string, RequestInit];
  expect(url).toBe("/v1/rooms");
  expect((init.headers as Record<string, string>)["Authorization"]).toBe("Bearer secret");
});

it("tells problems by their code, and that the session is over", async () => {
  const refused = vi.fn();
  const api = (status: number, body: object) => makeApi({ token: () => "", refused, fetch: answer(status, body) as unknown as typeof fetch });
  await expect(api(409, { code: "wrong_state", detail: "no", data: { state: "live" } }).get("/v1/rooms")).rejects.toMatchObject({ status: 409, code: "wrong_state", message: "no", data: { state: "live" } });
  expect(refused).not.toHaveBeenCalled();
  await expect(api(401, {}).get("/v1/rooms")).rejects.toMatchObject({ status: 401, code: "401" });
  expect(refused).toHaveBeenCalledOnce();
  const away = makeApi({ token: () => "", refused, fetch: vi.fn(async () => { throw new TypeError("x"); }) as unknown as typeof fetch });
  await expect(away.get("/v1/rooms")).rejects.toMatchObject({ status: 0, code: "unreachable" });
});
