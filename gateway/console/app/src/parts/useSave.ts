// Saving a file of the API: a link could not carry the token.

import { ref, type Ref } from "vue";
import { useApi } from "@/api/useApi";
import { Problem } from "@/api/problem";
import { useWords } from "@/i18n/words";
import { words } from "./figures/words";
import { toast } from "./toast";

export interface Save {
  /** The name of the file that is being made; "" when none is. */
  saving: Ref<string>;
  save: (url: string, name: string) => Promise<void>;
}

export function useSave(): Save {
  const api = useApi();
  const say = useWords(words);
  const saving = ref("");
  async function save(url: string, name: string): Promise<void> {
    saving.value = name;
    try {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await api.file(url));
      link.download = name;
      link.click();
      setTimeout(() => { URL.revokeObjectURL(link.href); }, 60_000); // The browser reads it after the click.
      toast(say("saved", { name }));
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      toast(say("no_file", { message: err.message }), true);
    } finally {
      saving.value = "";
    }
  }
  return { saving, save };
}
