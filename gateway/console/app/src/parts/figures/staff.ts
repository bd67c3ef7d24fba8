// What the merchant's people are called where the API names them by their ID: who
// serves has a name, and whoever goes on air served before or is called by the ID.

import { shallowRef, watch } from "vue";
import { api } from "@/api/useApi";
import { session } from "@/session/session";
import { merchant, ofMerchant } from "../merchant";

const names = shallowRef<ReadonlyMap<string, string>>(new Map());
let asked = "";

/** Asks who serves the merchant, once; a failure is tried again by the next who needs a name. */
async function load(): Promise<void> {
  const whose = merchant.value;
  if (!whose || asked === whose || !session.may("service.serve")) return;
  asked = whose;
  try {
    const { items } = await api.get("/v1/service/agents", { query: ofMerchant() });
    if (asked === whose) names.value = new Map((items ?? []).flatMap((a) => (a.name ? [[a.agent_id, a.name] as const] : [])));
  } catch {
    if (asked === whose) asked = "";
  }
}
// Names of another merchant's people are nobody's here.
watch(merchant, () => { asked = ""; names.value = new Map(); });

/** What somebody is called, "" when nobody knows. */
export function staffName(id: string): string {
  void load();
  return names.value.get(id) ?? "";
}
