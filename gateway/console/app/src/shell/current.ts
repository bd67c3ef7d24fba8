// The room on the screen, for what stands outside of it: the bar above.

import { shallowRef } from "vue";
import type { RoomSocket } from "@/room/useRoomSocket";

export const current = shallowRef<RoomSocket | null>(null);
