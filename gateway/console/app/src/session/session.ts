// Who is logged in. The token lives in memory and in this tab's sessionStorage,
// never in an address; what it allows is what GET /v1/me says.

import { reactive } from "vue";
import { request } from "@/api/client";
import { claims, type Claims } from "./claims";
import type { components } from "@/api/schema";

export type Me = components["schemas"]["Me"];

const KEPT = "showrunner.token";

/** Why somebody has to log in: the token is none, ended, or was refused. */
export type Reason = "" | "malformed" | "ended" | "refused" | "unreachable";

interface State {
  token: string;
  claims: Claims | null;
  me: Me | null;
  reason: Reason;
}

const state = reactive<State>({ token: "", claims: null, me: null, reason: "" });

function clear(reason: Reason): void {
  sessionStorage.removeItem(KEPT);
  Object.assign(state, { token: "", claims: null, me: null, reason });
}

/** The session of this tab. */
export const session = {
  get token() { return state.token; },
  get me() { return state.me; },
  get claims() { return state.claims; },
  get reason() { return state.reason; },

  /** Whether the role may do something, by the server's own table. */
  may(action: string): boolean {
    return state.me?.actions?.includes(action) ?? false;
  },

  /**
   * Takes a token, wherever it came from: this form, or a single sign-on that
   * handed it over. True once the server has said who it is.
   */
  async begin(token: string, now: number): Promise<boolean> {
    const c = claims(token);
    if (!c) { clear("malformed"); return false; }
    if (c.ends && c.ends <= now) { clear("ended"); return false; }
    state.token = token.trim();
    try {
      const res = await request({ token: () => state.token, refused: () => undefined }, "GET", "/v1/me");
      state.me = (await res.json()) as Me;
    } catch (err) {
      clear((err as { status?: number }).status === 0 ? "unreachable" : "refused");
      return false;
    }
    state.claims = c;
    state.reason = "";
    sessionStorage.setItem(KEPT, state.token);
    return true;
  },

  /** Goes on with the token that this tab had before a reload. */
  async resume(now: number): Promise<boolean> {
    const kept = sessionStorage.getItem(KEPT);
    return kept ? this.begin(kept, now) : false;
  },

  /** Logs out; why, if it was not wished. */
  end(reason: Reason = ""): void { clear(reason); },
};
