// Pages find their way here by themselves: one folder pages/NAME with a page.ts
// that says where the page is, who may see it and how it is called.

import type { Component } from "vue";
import type { Words } from "@/i18n/words";
import { session } from "@/session/session";

export interface Page {
  /** The folder's name, and the route's. */
  name: string;
  /** Below `/`, or below `/rooms/:room` for a page about one room, without a leading slash. */
  path: string;
  /** Whether it is about one room: then useRoomSocket gives that room. */
  room: boolean;
  /** "panel": staff with live figures; "viewer": as the audience sees it. Pages about no room leave it out. */
  socket?: "panel" | "viewer";
  /** The right without which the page is not there for this person. */
  needs?: string;
  /** Only for these roles, where a right does not tell. */
  roles?: string[];
  /** The place in the navigation; pages without one are reached from others. */
  order?: number;
  /** The path of a 24×24 icon, drawn as a line. */
  icon?: string;
  /** Its name in the navigation and the window: `title` of its words, and `short` where there is little room. */
  words: Words<string>;
  load: () => Promise<{ default: Component }>;
}

/**
 * Declares a page; the compiler looks at it. A function, for pages call it before
 * the rest of this file is run: it is this file that looks for them.
 */
export function definePage<K extends string>(p: Omit<Page, "words"> & { words: Words<K | "title"> }): Page {
  return p as unknown as Page;
}

const found = import.meta.glob<{ page: Page }>("./*/page.ts", { eager: true });

/** All pages in the order of the navigation. */
export const pages: Page[] = Object.values(found).map((m) => m.page).sort((a, b) => (a.order ?? 99) - (b.order ?? 99) || (a.name < b.name ? -1 : 1));

/** Whether whoever is logged in may see a page. */
export function allowed(p: Page): boolean {
  if (p.roles && !p.roles.includes(session.me?.role ?? "")) return false;
  return p.needs === undefined || session.may(p.needs);
}

/** Where a page is, in a room if it is about one. */
export const placeOf = (p: Page, room: string): string => (p.room ? `/rooms/${encodeURIComponent(room)}/${p.path}` : `/${p.path}`);
