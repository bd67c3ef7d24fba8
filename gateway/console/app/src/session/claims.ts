// What a token says of its bearer. The page reads it only to greet and to know
// when it ends; whether it is true decides the server.

export interface Claims {
  sub: string;
  role: string;
  name: string;
  merchant: string;
  /** ms since 1970 when the token ends; 0: not told. */
  ends: number;
}

/** The claims of a JWT, null if it is none. */
export function claims(token: string): Claims | null {
  const part = token.trim().split(".")[1];
  if (!part || token.trim().split(".").length !== 3) return null;
  try {
    const bytes = Uint8Array.from(atob(part.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    const c = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const text = (v: unknown) => (typeof v === "string" ? v : "");
    if (!text(c["role"])) return null;
    return {
      sub: text(c["sub"]), role: text(c["role"]), name: text(c["name"]) || text(c["sub"]), merchant: text(c["merchant_id"]),
      ends: typeof c["exp"] === "number" ? c["exp"] * 1000 : 0,
    };
  } catch {
    return null;
  }
}
