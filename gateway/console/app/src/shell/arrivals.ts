// A page's code is a chunk of its own, fetched when somebody first goes there. The
// line may be cut just then, or the server may have been updated and have it no
// more: the chunk is asked for until it comes, and meanwhile it is said why not.

import { computed, shallowReactive, shallowRef, type ComputedRef } from "vue";
import { isNavigationFailure, NavigationFailureType, type RouteLocationNormalized, type Router } from "vue-router";
import type { Page } from "@/pages/registry";
import { FIRST, longer, pause } from "@/parts/pause";
import { lostStyles } from "./lostStyles";

const SLOW = 1000; // ms without the chunk until it is said that it is on its way
const SURE = 2; // times a server that answers did not give it

/** slow: on its way; cut: the server cannot be reached; missing: it answers, but the chunk does not come. */
export type Lack = "slow" | "cut" | "missing";

/** What is around the pages: a browser, but in tests. */
export interface Surroundings {
  /** The build this page runs. */
  build: string;
  /** The build the server has now; undefined when it cannot be reached. */
  served: () => Promise<string | undefined>;
  /** Asks again for style sheets that did not come. */
  styles: () => Promise<unknown>;
  /** Loads the document anew, at a route. */
  reload: (href: string) => void;
  /** What outlives a reload: the pages for which there was one. */
  kept: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

export interface Arrivals {
  /** The page somebody waits for, and why it is not there. */
  awaited: ComputedRef<{ page: Page; lack: Lack } | undefined>;
  /** Fetches a page's code, however long it takes. */
  fetch: <T>(page: Page, load: () => Promise<T>) => Promise<T>;
  /** Asks again at once; loads the document anew where asking does not help. */
  hurry: () => void;
  /** Learns from a router where somebody wants to be. */
  follow: (router: Router) => void;
}

export function makeArrivals(s: Surroundings): Arrivals {
  const lacking = shallowReactive(new Map<string, Lack>());
  const wanted = shallowRef<RouteLocationNormalized>();
  const coming = new Map<string, Promise<unknown>>();
  let hurried = new AbortController();
  let href = (to: RouteLocationNormalized) => to.fullPath;
  const reloaded = (p: Page) => `showrunner.reloaded.${p.name}`;
  const pageOf = (to: RouteLocationNormalized | undefined) => to?.meta["page"] as Page | undefined;
  const awaited = computed(() => {
    const page = pageOf(wanted.value);
    const lack = page && lacking.get(page.name);
    return page && lack ? { page, lack } : undefined;
  });

  function wake(): void {
    hurried.abort();
    hurried = new AbortController();
  }

  function reload(): void {
    if (wanted.value) s.reload(href(wanted.value));
  }

  async function ask<T>(page: Page, load: () => Promise<T>): Promise<T> {
    const late = setTimeout(() => lacking.set(page.name, "slow"), SLOW);
    let refused = 0;
    for (let wait = FIRST; ; wait = longer(wait)) {
      try {
        await s.styles();
        const got = await load();
        clearTimeout(late);
        lacking.delete(page.name);
        s.kept.removeItem(reloaded(page));
        return got;
      } catch (err) {
        clearTimeout(late);
        const served = await s.served();
        lacking.set(page.name, served === undefined ? "cut" : "missing");
        if (served !== undefined) {
          // It may be a fault of the page itself, which only a developer can see.
          // eslint-disable-next-line no-console
          console.warn(`The code of the page ${page.name} does not come.`, err);
          refused++;
        }
        // A document of another build names chunks that are there; and a browser that
        // remembers a failed import forgets it. Once: it might not help.
        const helps = served !== undefined && (served !== s.build || refused >= SURE);
        if (helps && pageOf(wanted.value) === page && s.kept.getItem(reloaded(page)) === null) {
          s.kept.setItem(reloaded(page), served);
          reload();
        }
      }
      await pause(wait, hurried.signal);
    }
  }

  /** Once for each page: who goes there again only makes it ask sooner. */
  function fetch<T>(page: Page, load: () => Promise<T>): Promise<T> {
    const begun = coming.get(page.name) as Promise<T> | undefined;
    if (begun) wake();
    const got = begun ?? ask(page, load);
    coming.set(page.name, got);
    return got;
  }

  function follow(router: Router): void {
    href = (to) => router.resolve(to.fullPath).href;
    router.beforeEach((to) => { wanted.value = to; });
    router.afterEach((to, _, failure) => {
      // A navigation that another overtook says nothing of where somebody wants to be.
      if (!isNavigationFailure(failure, NavigationFailureType.cancelled) || wanted.value === to) wanted.value = undefined;
    });
  }

  function hurry(): void {
    if (awaited.value?.lack === "missing") reload();
    wake();
  }

  return { awaited, fetch, hurry, follow };
}

const BUILD = /assets\/([0-9a-f]+)\//; // in addresses the server gives
const PATIENCE = 10_000; // ms for the document

async function served(): Promise<string | undefined> {
  const answer = await globalThis.fetch(location.pathname, { cache: "no-cache", signal: AbortSignal.timeout(PATIENCE) }).catch(() => undefined);
  const text = answer?.ok ? await answer.text().catch(() => undefined) : undefined;
  return text === undefined ? undefined : (BUILD.exec(text)?.[1] ?? "");
}

export const arrivals = makeArrivals({
  build: BUILD.exec(import.meta.url)?.[1] ?? "", served, styles: lostStyles, kept: sessionStorage,
  reload: (href) => {
    if (location.hash !== href) history.pushState(null, "", href);
    location.reload();
  },
});
