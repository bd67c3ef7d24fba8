import { defineWords } from "@/i18n/words";

export const words = defineWords({ en: { title: "Room as viewers see it", short: "Viewer" }, zh: { title: "观众视角", short: "观众" } });
