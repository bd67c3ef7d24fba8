import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin } from "vite";
import { budget } from "./scripts/budget.ts";
import { stamp } from "./scripts/stamp.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Writes of which sources the build is made. */
function stamped(): Plugin {
  return {
    name: "stamped",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "SOURCES", source: `${stamp(here(".."))}\n` });
    },
  };
}

// Names carry no hash: the server serves the folder under a hash of it all, and
// a change of a page is a change of few files in the repository.
export default defineConfig({
  root: here("."),
  cacheDir: here("../node_modules/.vite"),
  base: "./",
  plugins: [vue(), stamped(), budget()],
  resolve: { alias: { "@": here("src"), "@client": here("../client/client.ts") } },
  define: {
    __VUE_OPTIONS_API__: "true", // Element Plus has components that need it.
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
  },
  server: { proxy: { "/v1": { target: "http://127.0.0.1:8080", ws: true }, "/login": { target: "http://127.0.0.1:8080" }, "/tables.json": { target: "http://127.0.0.1:8080/console" } } },
  build: {
    outDir: here("../dist"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
    rollupOptions: {
      output: {
        entryFileNames: "assets/[name].js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
        // Names that stay, whichever pages come and go: what every page needs is one
        // file, and each page is its own. Nothing in base may wait for a page.
        codeSplitting: { groups: [{ name: "vue", test: /node_modules\/(@vue|vue|vue-router)\// }, { name: "echarts", test: /node_modules\/(echarts|zrender)\// }, { name: "base", test: /(app\/src|console\/client)\/(?!pages\/[^/]+\/(?!page\.ts|words\.ts))(?!parts\/echarts|main\.ts)/ }] },
      },
    },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"], restoreMocks: true },
} as Parameters<typeof defineConfig>[0] & { test: object });
