// The ways in beside the token: a merchant's identity provider. The browser goes
// there and comes back to the login page with the name of its login; the token is
// then fetched once, by this page, and never stands in an address.

import { Problem } from "@/api/problem";
import { session } from "./session";

export interface Way {
  merchant: string;
  /** What the button says, by language. */
  name: Record<string, string>;
  start: string;
}

const CAME = "showrunner.came"; // sessionStorage: this session began at a provider
const MERCHANT = "showrunner.merchant"; // localStorage: whose provider it was

const record = (v: unknown): Record<string, unknown> => (typeof v === "object" && v !== null ? (v as Record<string, unknown>) : {});
const text = (v: unknown): string => (typeof v === "string" ? v : "");

/** The buttons an answer of the server tells of. What does not lead to its own door is none. */
export function waysIn(answer: unknown): Way[] {
  const items = record(answer)["items"];
  if (!Array.isArray(items)) return [];
  return items.map(record).map((w) => ({
    merchant: text(w["merchant_id"]), start: text(w["start"]),
    name: Object.fromEntries(Object.entries(record(w["name"])).filter((e): e is [string, string] => typeof e[1] === "string")),
  })).filter((w) => w.start.startsWith("/login/start?"));
}

/** Asks for the ways that everybody is shown, or for that of a merchant. */
export async function findWays(merchant = ""): Promise<{ ways: Way[]; byMerchant: boolean }> {
  const res = await fetch(`/login/ways${merchant ? `?merchant_id=${encodeURIComponent(merchant)}` : ""}`, { cache: "no-store" }).catch(() => null);
  if (!res?.ok) return { ways: [], byMerchant: false };
  const answer: unknown = await res.json().catch(() => null);
  return { ways: waysIn(answer), byMerchant: record(answer)["by_merchant"] === true };
}

/** Where the button of a way leads; next is the page to come back to. */
export const addressOf = (way: Way, next: string): string => `${way.start}&next=${encodeURIComponent(next)}`;

/** The merchant whose provider was used here last. */
export const lastMerchant = (): string => localStorage.getItem(MERCHANT) ?? "";

/** Finishes the login of a name; the page to go on with, or null when no session began. Throws a Problem. */
export async function finish(login: string): Promise<string | null> {
  const res = await fetch("/login/token", {
    method: "POST", cache: "no-store", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ login }),
  }).catch(() => null);
  if (!res) throw new Problem(0);
  const answer = record(await res.json().catch(() => null));
  if (!res.ok) throw new Problem(res.status, answer);
  if (!(await session.begin(text(answer["token"]), Date.now()))) return null;
  sessionStorage.setItem(CAME, "1");
  localStorage.setItem(MERCHANT, text(answer["merchant_id"]));
  return text(answer["next"]);
}

/** Logs out: here at once, then at the provider where its merchant wants that. */
export async function logOut(): Promise<void> {
  const token = session.token;
  const came = sessionStorage.getItem(CAME) !== null;
  sessionStorage.removeItem(CAME);
  session.end();
  if (!came) return;
  const res = await fetch("/login/logout", { method: "POST", cache: "no-store", headers: { Authorization: `Bearer ${token}` } }).catch(() => null);
  const to = res?.ok ? text(record(await res.json().catch(() => null))["end_session"]) : "";
  if (to) location.assign(to);
}
