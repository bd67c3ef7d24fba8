// The newest shows, to choose one of, and what their entries are of.

import { computed } from "vue";
import { useApi, useLoad } from "@/api/useApi";
import type { components } from "@/api/schema";
import { session } from "@/session/session";
import { merchant, ofMerchant } from "@/parts/merchant";

type Show = components["schemas"]["Show"];

/** The newest shows of the merchant; an older one is called by its ID. */
export function useShows() {
  const api = useApi();
  const { data } = useLoad(() => (merchant.value && session.may("show.read") ? merchant.value : undefined), (_, signal) => api.get("/v1/shows", { query: { limit: 100, ...ofMerchant() }, signal }));
  const known = computed<ReadonlyMap<string, Show>>(() => new Map((data.value?.items ?? []).map((s) => [s.show_id, s])));
  return { known, titleOf: (id: string) => known.value.get(id)?.title || id };
}
