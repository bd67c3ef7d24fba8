// Requests to the server's API, typed by its OpenAPI document (schema.d.ts is
// generated from it and not kept). The token travels as a header only.

import type { paths } from "./schema";
import { Problem } from "./problem";

type Method = "get" | "post" | "put" | "patch" | "delete";

/** The paths that answer a method. */
export type PathsOf<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths];

type Op<M extends Method, P extends keyof paths> = paths[P] extends Record<M, infer O> ? O : never;
type Params<O> = O extends { parameters: infer X } ? X : never;
type Part<O, K extends string> = Params<O> extends Partial<Record<K, infer X>> ? Exclude<X, undefined> : never;
type Json<C> = C extends { content: { "application/json": infer J } } ? J : undefined;

/** What an operation answers when it succeeds. */
export type Answer<M extends Method, P extends keyof paths> =
  Op<M, P> extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 202)]> : never;

/** What a request needs: the parameters of its path, its query and its body. */
export interface Request<O> {
  path?: Part<O, "path">;
  query?: Part<O, "query">;
  body?: O extends { requestBody?: { content: { "application/json": infer B } } } ? B : never;
  signal?: AbortSignal;
}

/** Where the token comes from, and who is told that the server takes it no more. */
export interface Caller {
  token: () => string;
  refused: () => void;
  fetch?: typeof fetch;
}

/** Puts parameters into a path; what is missing is a fault of the program. */
export function address(path: string, parts: Record<string, unknown> = {}, query: Record<string, unknown> = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (parts[name] === undefined) throw new Error(`${path} lacks ${name}`);
    return encodeURIComponent(String(parts[name]));
  });
  const search = new URLSearchParams();
  for (const [k, v] of Object.entries(query)) if (v !== undefined && v !== null) search.set(k, String(v));
  return search.size ? `${filled}?${search}` : filled;
}

/** Asks the server and gives what it answered, or throws a Problem. */
export async function request(caller: Caller, method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", Authorization: `Bearer ${caller.token()}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let res: Response;
  try {
    res = await (caller.fetch ?? fetch)(url, {
      method, headers, cache: "no-store", ...(body === undefined ? {} : { body: JSON.stringify(body) }), ...(signal ? { signal } : {}),
    });
  } catch (err) {
    if (signal?.aborted) throw err;
    throw new Problem(0);
  }
  if (res.ok) return res;
  if (res.status === 401) caller.refused();
  throw new Problem(res.status, (await res.json().catch(() => ({}))) as object);
}

/** The API of one caller. */
export function makeApi(caller: Caller) {
  const typed = <M extends Method>(method: M) => async <P extends PathsOf<M>>(path: P, given: Request<Op<M, P>> = {}): Promise<Answer<M, P>> => {
    const url = address(path, given.path as Record<string, unknown>, given.query as Record<string, unknown>);
    const res = await request(caller, method.toUpperCase(), url, given.body, given.signal);
    return (res.status === 204 ? undefined : await res.json()) as Answer<M, P>;
  };
  return {
    get: typed("get"), post: typed("post"), put: typed("put"), patch: typed("patch"), delete: typed("delete"),
    /** An address outside of the document, such as one that a newer server has: the answer is to be looked at with care. */
    raw: async (method: string, url: string, body?: unknown): Promise<unknown> => (await request(caller, method, url, body)).json(),
    /** A file, with the token that a link could not carry. */
    file: async (url: string): Promise<Blob> => (await request(caller, "GET", url)).blob(),
  };
}

export type Api = ReturnType<typeof makeApi>;
