// The API of who is logged in, and a way to show what it answers.

import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { session } from "@/session/session";
import { makeApi, type Api } from "./client";
import { Problem } from "./problem";

export const api: Api = makeApi({ token: () => session.token, refused: () => { session.end("refused"); } });

/** The API as whoever is logged in has it. */
export function useApi(): Api {
  return api;
}

export interface Loaded<T> {
  data: ShallowRef<T | undefined>;
  problem: ShallowRef<Problem | undefined>;
  loading: Ref<boolean>;
  /** Asks again; the old answer stays on the screen until the new one is there. */
  reload: () => Promise<void>;
}

/**
 * Loads something and again whenever `key` changes; a key of undefined loads
 * nothing. An answer that was overtaken by a newer question is dropped.
 */
export function useLoad<K, T>(key: () => K | undefined, load: (key: K, signal: AbortSignal) => Promise<T>): Loaded<T> {
  const data = shallowRef<T>();
  const problem = shallowRef<Problem>();
  const loading = ref(false);
  let abort = new AbortController();
  async function ask(fresh: boolean): Promise<void> {
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    const k = key();
    if (fresh) data.value = undefined;
    problem.value = undefined;
    loading.value = k !== undefined;
    if (k === undefined) return;
    try {
      const got = await load(k, signal);
      if (!signal.aborted) data.value = got;
    } catch (err) {
      if (signal.aborted) return;
      if (!(err instanceof Problem)) throw err;
      problem.value = err;
    } finally {
      if (!signal.aborted) loading.value = false;
    }
  }
  watch(() => JSON.stringify(key()), () => void ask(true), { immediate: true });
  onScopeDispose(() => { abort.abort(); });
  return { data, problem, loading, reload: () => ask(false) };
}
