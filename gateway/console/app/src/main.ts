// Starts the console: who is it, what may they see, then the page.

import "element-plus/theme-chalk/base.css";
import "@/theme/tokens.css";
import "@/theme/base.css";
import "@/theme/element.css";
import "@/theme/theme";
import { createApp } from "vue";
import App from "./App.vue";
import { session } from "@/session/session";
import { loadTables } from "@/session/tables";
import { router } from "@/shell/router";

async function start(): Promise<void> {
  // Both are needed before the first figure; neither keeps the login away.
  await Promise.allSettled([loadTables(), session.resume(Date.now())]);
  createApp(App).use(router).mount("#app");
}

void start();
