// Declaring something: what the server says against a field is said beside it, and
// what names no field of the form above all of it.

import { computed, ref, shallowRef } from "vue";
import { Problem } from "@/api/problem";
import { toast } from "@/parts/toast";

export function useDeclare() {
  const busy = ref(false);
  const problem = shallowRef<Problem>();

  /** Whether it was declared. */
  async function declare(ask: () => Promise<unknown>, done: string): Promise<boolean> {
    busy.value = true;
    problem.value = undefined;
    try {
      await ask();
      toast(done);
      return true;
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      problem.value = err;
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, problem: computed(() => problem.value), declare };
}
