// Something of the API that is asked for again and again while somebody looks.

import { onScopeDispose } from "vue";
import { useLoad, type Loaded } from "@/api/useApi";

export function usePoll<K, T>(every: number, key: () => K | undefined, load: (key: K, signal: AbortSignal) => Promise<T>): Loaded<T> {
  const loaded = useLoad(key, load);
  const timer = setInterval(() => { if (!document.hidden && !loaded.loading.value && key() !== undefined) void loaded.reload(); }, every);
  onScopeDispose(() => { clearInterval(timer); });
  return loaded;
}
