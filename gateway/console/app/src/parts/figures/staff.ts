// What the merchant's people are called where the API names them by their ID: who
// serves is listed by name, and whoever did something in a show has one in its log.

import { shallowRef, watch } from "vue";
import { api } from "@/api/useApi";
import { session } from "@/session/session";
import { merchant, ofMerchant } from "../merchant";

const names = shallowRef<ReadonlyMap<string, string>>(new Map());
let asked = "";
const shows = new Set<string>(); // whose log was asked

const keep = (more: readonly (readonly [string, string])[]) => { names.value = new Map([...names.value, ...more]); };

/** Asks who serves the merchant, once; a failure is tried again by the next who needs a name. */
async function load(): Promise<void> {
  const whose = merchant.value;
  if (!whose || asked === whose || !session.may("service.serve")) return;
  asked = whose;
  try {
    const { items } = await api.get("/v1/service/agents", { query: ofMerchant() });
    if (asked === whose) keep((items ?? []).flatMap((a) => (a.name ? [[a.agent_id, a.name] as const] : [])));
  } catch {
    if (asked === whose) asked = "";
  }
}
// Names of another merchant's people are nobody's here.
watch(merchant, () => { asked = ""; shows.clear(); names.value = new Map(); });

/** Asks who did something in a show: its hosts are in no other list by name. */
export async function askStaffOf(show: string): Promise<void> {
  if (shows.has(show) || !session.may("audit.read")) return;
  shows.add(show);
  try {
    const { items } = await api.get("/v1/audit", { query: { show_id: show, limit: 200 } });
    if (shows.has(show)) keep((items ?? []).flatMap((r) => (r.actor.name && r.actor.name !== r.actor.id ? [[r.actor.id, r.actor.name] as const] : [])));
  } catch {
    shows.delete(show); // the page shows IDs, and asks again another time
  }
}

/** What somebody is called, "" when nobody knows. */
export function staffName(id: string): string {
  void load();
  return names.value.get(id) ?? "";
}

/** Somebody by their name with the ID beside it, as text; by the ID alone where no name is known. */
export function staffLabel(id: string): string {
  const name = staffName(id);
  return name && name !== id ? `${name} (${id})` : id;
}
