// The course of the show, minute by minute, without the minute that still runs.

import { computed, watch, type ComputedRef } from "vue";
import { useApi, useLoad } from "@/api/useApi";
import { now } from "@/parts/clock";
import { isOver } from "@/parts/figures/plot";
import type { Row } from "@/parts/figures/value";
import { onAir } from "@/room/state";
import { useRoomSocket } from "@/room/useRoomSocket";

const AGAIN = 30_000; // ms

/** Rows of GET /v1/shows/{show_id}/timeline, undefined until they are there. */
export function useCourse(): ComputedRef<Row[] | undefined> {
  const api = useApi();
  const { view } = useRoomSocket();
  const show = computed(() => (view.show && view.show.state !== "scheduled" ? view.show.show_id : undefined));
  const { data, reload } = useLoad(() => show.value, async (id, signal) => {
    const answer = await api.get("/v1/shows/{show_id}/timeline", { path: { show_id: id }, query: { step: "minute" }, signal });
    return (answer.points ?? []) as Row[];
  });
  watch(() => Math.floor(now.value / AGAIN), () => { if (onAir(view.show) && !document.hidden) void reload(); });
  const minute = computed(() => Math.floor(now.value / 60_000) * 60_000);
  return computed(() => data.value?.filter((r) => isOver(r, minute.value)));
}
