// A request that changes something: one at a time, its refusal in the server's
// words, what became of it as a short word.

import { ref, type Ref } from "vue";
import { Problem } from "@/api/problem";
import { toast } from "./toast";

export interface Act {
  busy: Ref<boolean>;
  /** Does it and gives what was answered; undefined when it was refused. */
  act: <T>(ask: () => Promise<T>, done?: string) => Promise<T | undefined>;
}

export function useAct(): Act {
  const busy = ref(false);
  async function act<T>(ask: () => Promise<T>, done?: string): Promise<T | undefined> {
    busy.value = true;
    try {
      const got = await ask();
      if (done) toast(done);
      return got;
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      toast(err.message, true);
      return undefined;
    } finally {
      busy.value = false;
    }
  }
  return { busy, act };
}
