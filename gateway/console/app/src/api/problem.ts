// A Problem is a request that was not answered as wished: what RFC 9457 says of
// it, or that the server was not reached.

export class Problem extends Error {
  /** The HTTP status; 0: the server was not reached. */
  readonly status: number;
  /** A stable code, such as version_mismatch. */
  readonly code: string;
  readonly field: string | undefined;
  readonly data: Record<string, unknown>;

  constructor(status: number, body: Partial<{ code: string; detail: string; title: string; field: string; data: Record<string, unknown> }> = {}) {
    super(body.detail ?? body.title ?? body.code ?? String(status));
    this.status = status;
    this.code = body.code ?? (status === 0 ? "unreachable" : String(status));
    this.field = body.field;
    this.data = body.data ?? {};
  }
}
