import { expect, it } from "vitest";
import { lostStyles } from "./lostStyles";

/** What the browser does once a sheet was asked for. */
function end(how: "load" | "error"): void {
  const link = document.head.querySelector("link");
  link?.dispatchEvent(new Event(how, { bubbles: false }));
}

it("asks again for a sheet until it comes, and then no more", async () => {
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", title: "a sheet" });
  document.head.append(link);
  await lostStyles();
  expect(document.head.querySelector("link")).toBe(link);

  end("error");
  const first = lostStyles();
  expect(lostStyles()).toBe(first);
  expect(document.head.querySelector("link")).not.toBe(link);
  expect(document.head.querySelector("link")?.title).toBe("a sheet");
  end("error");
  await expect(first).rejects.toThrow("did not come");

  const second = lostStyles();
  end("load");
  await second;
  const there = document.head.querySelector("link");
  await lostStyles();
  expect(document.head.querySelectorAll("link")).toHaveLength(1);
  expect(document.head.querySelector("link")).toBe(there);
});
