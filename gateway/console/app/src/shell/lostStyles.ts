// Style sheets that did not come. Whoever loads a chunk takes a sheet that was
// asked for once for one that is there: they are asked for again here.

const lost = new Set<HTMLLinkElement>();
let asking: Promise<unknown> | undefined;

addEventListener("error", (e) => { if (e.target instanceof HTMLLinkElement && e.target.rel === "stylesheet") lost.add(e.target); }, true);

function again(old: HTMLLinkElement): Promise<void> {
  lost.delete(old);
  const link = old.cloneNode() as HTMLLinkElement;
  return new Promise((done, fail) => {
    link.addEventListener("load", () => { done(); });
    link.addEventListener("error", () => { fail(new Error(`${link.href} did not come`)); });
    old.replaceWith(link);
  });
}

/** Asks again for all that did not come; who asks meanwhile waits for the same. */
export function lostStyles(): Promise<unknown> {
  asking ??= Promise.all([...lost].map(again)).finally(() => { asking = undefined; });
  return asking;
}
