// The stamp says of which sources a build was made: the server's tests hold it
// against the sources without Node (dist_test.go computes the same).

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the build is made of, as paths under gateway/console. */
const ROOTS = ["app/src", "app/scripts"];
const FILES = ["app/index.html", "app/vite.config.ts", "client/client.ts", "package-lock.json"];

/** Tests and generated types leave no trace in the build. */
const apart = (path: string) => path.endsWith(".test.ts") || path.endsWith("/schema.d.ts");

function walk(base: string, folder: string): string[] {
  return readdirSync(join(base, folder), { withFileTypes: true }).flatMap((e) => {
    const path = `${folder}/${e.name}`;
    return e.isDirectory() ? walk(base, path) : [path];
  });
}

/** The hash of all sources under `base` (gateway/console), in hex. */
export function stamp(base: string): string {
  const paths = [...ROOTS.flatMap((r) => walk(base, r)), ...FILES].filter((p) => !apart(p));
  paths.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const all = createHash("sha256");
  for (const p of paths) {
    all.update(`${p} ${createHash("sha256").update(readFileSync(join(base, p))).digest("hex")}\n`);
  }
  return all.digest("hex");
}
