// Whose figures a page is about. A token of a merchant says so itself; an
// administrator's does not, and chooses.

import { computed, ref } from "vue";
import { api } from "@/api/useApi";
import { session } from "@/session/session";

/** Merchants an administrator can choose from; empty for everybody else. */
export const merchants = ref<string[]>([]);
const chosen = ref("");
let asked = "";

/** The merchant of this page; "" while it is not known. */
export const merchant = computed(() => session.me?.merchant_id || chosen.value);

/** What a request needs to say: nothing for a token that says it itself. */
export const ofMerchant = () => (session.me?.merchant_id ? {} : { merchant_id: merchant.value });

export function choose(id: string): void { chosen.value = id; }

/** Finds whose rooms an administrator sees. */
export async function loadMerchants(): Promise<void> {
  if (!session.me || session.me.merchant_id || asked === session.token) return;
  asked = session.token;
  try {
    const rooms = await api.get("/v1/rooms", { query: { limit: 100 } });
    merchants.value = [...new Set((rooms.items ?? []).map((r) => r.merchant_id))].sort();
    if (!merchants.value.includes(chosen.value)) chosen.value = merchants.value[0] ?? "";
  } catch {
    asked = ""; // The page's own request tells what is wrong.
  }
}
