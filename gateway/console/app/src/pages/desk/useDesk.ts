// One desk over one socket, as reactive parts.

import { computed, onScopeDispose, reactive, shallowRef, triggerRef, watch, type InjectionKey, inject, provide } from "vue";
import { AgentClient, Refused, UNAUTHENTICATED } from "@client";
import { useApi } from "@/api/useApi";
import { Problem } from "@/api/problem";
import { useWords } from "@/i18n/words";
import { now } from "@/parts/clock";
import { toast } from "@/parts/toast";
import { newID } from "@/room/useRoomSocket";
import { newLink } from "@/room/trust";
import { session as login } from "@/session/session";
import { apply, conversation, hear, inPile, newDesk, type DeskFrame, type Message, type Session } from "./desk";
import { words } from "./words";

/** How many messages are read at a time. */
const PAGE = 100;

function make(reading: () => string) {
  const say = useWords(words);
  const api = useApi();
  const state = shallowRef(newDesk());
  const link = reactive(newLink());
  const news = shallowRef({ n: 0, text: "" });
  const busy = reactive(new Set<string>());
  const me = computed(() => state.value.agent?.agent_id ?? login.me?.sub ?? "");

  const url = new URL("/v1/service/ws", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  if (login.may("service.write")) url.searchParams.set("all", "1");
  const client = new AgentClient({ address: url.href, token: () => login.token, env: { newID } });
  client.on("frame", (raw) => {
    const f = raw as DeskFrame;
    if (f.type === "welcome") {
      link.recovered = f.recovered;
      if (link.cutAt) link.backAt = now.value;
      link.cutAt = 0;
    }
    const hears = apply(state.value, f, document.hidden ? "" : reading());
    triggerRef(state);
    // What was said before the cut is asked for again: the whole does not have it.
    if (f.type === "welcome" && !f.recovered && reading()) void fill(reading());
    if (!hears || f.type === "welcome" || !f.session) return;
    const name = f.session.person_id;
    news.value = { n: news.value.n + 1, text: f.type === "sla" ? say("told_sla", { name }) : f.type === "queue" ? say("told_queue", { name }) : say("told_word", { name }) };
  });
  client.on("connection", (name, { code }) => {
    if (name === "refused" && code === UNAUTHENTICATED) login.end("ended");
    link.refused = name === "refused";
    if (link.open && name !== "open") link.cutAt = Date.now();
    link.open = name === "open";
    link.was ||= link.open;
  });
  client.open();
  onScopeDispose(() => { client.stop(); });

  /** Does something; a refusal is shown in the server's words and is undefined. */
  async function act(type: string, data: Record<string, unknown>): Promise<Record<string, unknown> | undefined> {
    const key = `${type} ${String(data["session_id"] ?? "")}`;
    if (type !== "send" && busy.has(key)) return undefined;
    busy.add(key);
    try {
      const got = await client.send({ id: newID(), type, data });
      const s = got["session"] as Session | undefined;
      if (s) {
        apply(state.value, { type: "session", n: 0, at: "", session_id: s.session_id, session: s }, "");
        triggerRef(state);
      }
      return got;
    } catch (err) {
      if (!(err instanceof Refused)) throw err;
      toast(say.known(err.code, err.message), true);
      return undefined;
    } finally {
      busy.delete(key);
    }
  }

  function heard(id: string, messages: readonly Message[]): void {
    hear(state.value, id, messages);
    triggerRef(state);
  }

  /** Takes sessions that were asked for by HTTP; what the socket told is newer. */
  function adopt(list: readonly Session[]): void {
    for (const s of list) if (!state.value.sessions.has(s.session_id)) state.value.sessions.set(s.session_id, s);
    triggerRef(state);
  }

  /** Reads what was said from the last page on, and every hole in it. */
  async function fill(id: string, before?: number): Promise<void> {
    const s = state.value.sessions.get(id);
    if (!s || s.state === "queued") return;
    const after = Math.max(0, (before ?? s.messages + 1) - 1 - PAGE);
    try {
      const got = await api.get("/v1/service/sessions/{session_id}/messages", { path: { session_id: id }, query: { after, limit: PAGE } });
      heard(id, got.items ?? []);
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      toast(err.message, true);
    }
  }

  const open = computed(() => reading());
  const talk = computed(() => conversation(state.value, open.value));
  // Opened, or accepted: what was said is read. A hole is filled from where it begins.
  watch([open, () => state.value.sessions.get(open.value)?.state, () => link.open], ([id]) => {
    if (!id) return;
    // An address may name a session that is not on the desk.
    if (link.open && !state.value.sessions.has(id)) void api.get("/v1/service/sessions/{session_id}", { path: { session_id: id } }).then((s) => { adopt([s]); }, (err: unknown) => { toast(err instanceof Problem ? err.message : String(err), true); });
    state.value.unread.delete(id);
    triggerRef(state);
    void fill(id);
  }, { immediate: true });
  watch(() => talk.value.hole, (hole) => { if (hole !== null && open.value) void fill(open.value, hole + PAGE + 1); });
  document.addEventListener("visibilitychange", seen);
  onScopeDispose(() => { document.removeEventListener("visibilitychange", seen); });
  function seen(): void {
    if (!document.hidden && state.value.unread.delete(open.value)) triggerRef(state);
  }

  return {
    state, link, me, news, busy, act, fill, heard, adopt, talk,
    current: computed(() => state.value.sessions.get(open.value)),
    pile: (p: "mine" | "queue" | "others" | "closed") => inPile(state.value, p, me.value),
  };
}

export type DeskOf = ReturnType<typeof make>;
const DESK: InjectionKey<DeskOf> = Symbol("desk");

/** Opens the desk for this page and all components below. */
export function provideDesk(reading: () => string): DeskOf {
  const d = make(reading);
  provide(DESK, d);
  return d;
}

/** The desk of this page. */
export function useDesk(): DeskOf {
  const d = inject(DESK);
  if (!d) throw new Error("this component is not at a desk");
  return d;
}
