// Addresses are after the #: the server has one document, whatever is before it.

import { createRouter, createWebHashHistory, type RouteLocationNormalized, type RouteRecordRaw } from "vue-router";
import { allowed, pages, placeOf, type Page } from "@/pages/registry";
import { session } from "@/session/session";
import { arrivals } from "./arrivals";
import RoomFrame from "./RoomFrame.vue";

const LAST = "showrunner.room"; // sessionStorage

/** The room this tab looked at last, else the first that the token names, "" for none. */
export const lastRoom = (): string => sessionStorage.getItem(LAST) ?? session.me?.room_ids?.[0] ?? "";

function record(p: Page): RouteRecordRaw {
  return { name: p.name, path: p.path, component: () => arrivals.fetch(p, p.load), meta: { page: p } };
}

const inRoom = (socket: "panel" | "viewer") => pages.filter((p) => p.room && (p.socket ?? "panel") === socket).map(record);

const routes: RouteRecordRaw[] = [
  { path: "/rooms/:room", component: RoomFrame, props: { panel: true }, children: inRoom("panel") },
  { path: "/rooms/:room", component: RoomFrame, props: { panel: false }, children: inRoom("viewer") },
  ...pages.filter((p) => !p.room).map((p) => ({ ...record(p), path: `/${p.path}` })),
  // An address of the console before this one named the room only.
  { path: "/room=:room", redirect: (to) => `/rooms/${String(to.params["room"])}/host` },
  // Before what leads here, which would lead here for ever.
  { path: "/", redirect: () => (session.me ? home() : { name: "login" }) },
  { path: "/:rest(.+)", redirect: "/" },
];

/** The page somebody comes to who asked for none: the first that they may see. */
export function home(): string {
  const room = lastRoom();
  const first = pages.find((p) => p.order !== undefined && allowed(p) && (!p.room || room !== ""));
  return first ? placeOf(first, room) : "/rooms";
}

/** Where to go instead, or true to go on. */
export function guard(to: RouteLocationNormalized): true | string | { name: string; query: Record<string, string> } {
  const page = to.meta["page"] as Page | undefined;
  if (page?.name === "login") return session.me && !to.query["next"] && !to.query["login"] ? home() : true;
  if (!session.me) return { name: "login", query: to.fullPath === "/" ? {} : { next: to.fullPath } };
  const room = to.params["room"];
  if (typeof room === "string") sessionStorage.setItem(LAST, room);
  if (to.path === "/") return home();
  return !page || allowed(page) ? true : "/denied";
}

export const router = createRouter({ history: createWebHashHistory(), routes });
router.beforeEach(guard);
arrivals.follow(router);
