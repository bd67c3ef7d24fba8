// The budget: what a browser loads before a page is there, in gzip bytes. The
// build fails when a page exceeds it.

import { gzipSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

/** Bytes of JavaScript, gzip, of the first load of any page. */
export const BUDGET = 300_000;

/** The entry with all it imports at once, and a page's chunk with all of its. */
function closure(bundle: Rollup.OutputBundle, from: string, seen = new Set<string>()): Set<string> {
  const chunk = bundle[from];
  if (seen.has(from) || chunk?.type !== "chunk") return seen;
  seen.add(from);
  for (const next of chunk.imports) closure(bundle, next, seen);
  return seen;
}

/** Tells the weight of every page and refuses a build in which one is too heavy. */
export function budget(): Plugin {
  return {
    name: "budget",
    enforce: "post",
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((c): c is Rollup.OutputChunk => c.type === "chunk");
      const weight = new Map(chunks.map((c) => [c.fileName, gzipSync(c.code).length]));
      const entry = chunks.find((c) => c.isEntry);
      if (!entry) throw new Error("budget: the build has no entry");
      const pages = chunks.filter((c) => c.facadeModuleId?.includes("/src/pages/") && c.isDynamicEntry);
      if (pages.length === 0) throw new Error("budget: the build has no pages");
      for (const page of pages) {
        const files = closure(bundle, page.fileName, closure(bundle, entry.fileName));
        const bytes = [...files].reduce((sum, f) => sum + (weight.get(f) ?? 0), 0);
        const name = page.facadeModuleId?.replace(/.*\/pages\//, "").replace(/\?.*/, "") ?? page.name;
        this.info(`${name}: ${(bytes / 1000).toFixed(1)} kB gzip of ${BUDGET / 1000}`);
        if (bytes > BUDGET) this.error(`${name} loads ${bytes} bytes of JavaScript (gzip), more than ${BUDGET}`);
      }
    },
  };
}
