// Waiting before something is asked for again: as long as it is told, or until the
// device has a network again.

export const FIRST = 500; // ms before the second time; each time twice as long
const LONGEST = 8000;

/** How long to wait after having waited so long. */
export const longer = (ms: number): number => Math.min(2 * ms, LONGEST);

/** Waits; a signal ends it before its time. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((go) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal?.removeEventListener("abort", end);
      go();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
    signal?.addEventListener("abort", end);
  });
}
