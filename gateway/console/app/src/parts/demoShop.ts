// Whether the server plays the shop: a stand-in for a payment provider, by which
// the product can be tried from end to end. Asked for once by each who logs in.

import { ref } from "vue";
import { api } from "@/api/useApi";
import { session } from "@/session/session";

/** Whether orders of a room are paid here, without money. */
export const demoShop = ref(false);
let asked = "";

export async function loadDemoShop(): Promise<void> {
  if (asked === session.token) return;
  asked = session.token;
  try {
    demoShop.value = (await api.get("/v1/demo-shop")).open;
  } catch {
    asked = ""; // The next page asks again; until then nothing can be paid here.
    demoShop.value = false;
  }
}
