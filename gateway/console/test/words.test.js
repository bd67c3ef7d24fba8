import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { claims, fetchAs, Problem, rooms } from "../assets/api.js";
import { preferred, say, WORDS } from "../assets/i18n.js";

const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

test("both languages say the same things with the same blanks", () => {
  assert.deepEqual(Object.keys(WORDS.zh).sort(), Object.keys(WORDS.en).sort());
  for (const key of Object.keys(WORDS.en)) {
    assert.deepEqual(holes(WORDS.zh[key]), holes(WORDS.en[key]), key);
    assert.ok(WORDS.zh[key].trim() && WORDS.en[key].trim(), key);
  }
});

test("every word the page asks for is there", () => {
  const folder = new URL("../assets/", import.meta.url);
  const asked = new Set();
  for (const name of readdirSync(folder)) {
    const text = readFileSync(new URL(name, folder), "utf8");
    for (const m of text.matchAll(/data-say="(\w+)"|\b(?:say|tell)\("(\w+)"/g)) asked.add(m[1] || m[2]);
  }
  assert.ok(asked.size > 30, "the search itself must find something");
  for (const key of asked) assert.ok(key in WORDS.en, key);
});

test("blanks are filled and unknown keys show", () => {
  assert.equal(say("en", "missed", { n: 3 }), "3 messages were skipped for this slow connection");
  assert.equal(say("en", "no such word"), "no such word");
});

test("the kept language wins over the browser's", () => {
  assert.equal(preferred("zh", ["en-US"]), "zh");
  assert.equal(preferred(null, ["de", "zh-Hans-CN"]), "zh");
  assert.equal(preferred("tlh", ["fr"]), "en");
});

test("claims reads any token and trusts none", () => {
  const part = Buffer.from(JSON.stringify({ role: "host", name: "王芳" })).toString("base64url");
  assert.deepEqual(claims(`x.${part}.y`), { role: "host", name: "王芳" });
  for (const bad of ["", "abc", "a.b.c", `x.${Buffer.from("7").toString("base64url")}.y`]) assert.equal(claims(bad), null, bad);
});

const answers = (...list) => {
  const asked = [];
  const fetch = async (path, options) => {
    asked.push([path, options.headers.Authorization]);
    const [status, body] = list.shift();
    return { ok: status < 300, status, json: async () => JSON.parse(body) };
  };
  return { asked, fetch };
};

test("rooms follows the cursor to the end", async () => {
  const { asked, fetch } = answers([200, '{"items":[{"room_id":"a"}],"next_cursor":"x&y"}'], [200, '{"items":[{"room_id":"b"}]}']);
  assert.deepEqual((await rooms("t", fetch)).map((r) => r.room_id), ["a", "b"]);
  assert.deepEqual(asked, [["/v1/rooms", "Bearer t"], ["/v1/rooms?cursor=x%26y", "Bearer t"]]);
});

test("a refusal is a Problem with its code, even without a document", async () => {
  const { fetch } = answers([409, '{"code":"wrong_state","detail":"no"}'], [502, "<html>"]);
  await assert.rejects(fetchAs("t", "/x", fetch), (e) => e instanceof Problem && e.status === 409 && e.code === "wrong_state" && e.message === "no");
  await assert.rejects(fetchAs("t", "/x", fetch), (e) => e.status === 502 && e.message === "HTTP 502");
});
