// What the connection is doing, so that the page never claims more than it
// knows. Every state has a word and a colour; none of them is silent.

/** What can be said of a connection. */
export type Standing =
  | "connecting" // the first time
  | "connected"
  | "recovered" // it was cut, and everything missed came after
  | "restarted" // it was cut, and what was missed is lost: the state is whole, the stream has a hole
  | "behind" // the connection is open, but what it tells is old
  | "reconnecting" // it is cut: the figures on the screen are of the past
  | "offline" // the browser says there is no network
  | "absent" // there is no such room, or none of this merchant
  | "refused"; // the server said no for good

/** How long figures of a running show may be silent: they come once a second. */
export const STALE = 5_000;
/** How long a return is told. */
export const TELL = 8_000;

export interface Link {
  open: boolean;
  refused: boolean;
  /** Whether there is no such room. */
  absent: boolean;
  /** Whether it was open before. */
  was: boolean;
  /** When it was cut; 0: it was not. */
  cutAt: number;
  /** When it came back; 0: never. */
  backAt: number;
  recovered: boolean;
  /** When this client was too slow and events were left out; 0: never. */
  gapAt: number;
}

export const newLink = (): Link => ({ open: false, refused: false, absent: false, was: false, cutAt: 0, backAt: 0, recovered: false, gapAt: 0 });

export interface Judged {
  standing: Standing;
  /** ms: how long it is cut, or how old the figures are; 0 where it says nothing. */
  ms: number;
}

/**
 * Judges a connection at `now`. `snapshot` is the newest figures and when they
 * came; `running` whether figures have to come at all.
 */
export function judge(l: Link, now: number, online: boolean, snapshot: { taken: number; lag: number } | null, running: boolean): Judged {
  if (l.refused) return { standing: "refused", ms: 0 };
  if (l.absent) return { standing: "absent", ms: 0 };
  if (!online) return { standing: "offline", ms: l.cutAt ? now - l.cutAt : 0 };
  if (!l.open) return l.was ? { standing: "reconnecting", ms: Math.max(0, now - l.cutAt) } : { standing: "connecting", ms: 0 };
  // After a return the figures are as old as the cut until new ones come: they are given their time.
  const age = snapshot ? now - Math.max(snapshot.taken, l.backAt) : 0;
  if (running && snapshot && age > STALE) return { standing: "behind", ms: now - snapshot.taken + snapshot.lag };
  if (l.gapAt && now - l.gapAt < TELL) return { standing: "behind", ms: 0 };
  if (l.backAt && now - l.backAt < TELL) return { standing: l.recovered ? "recovered" : "restarted", ms: 0 };
  return { standing: "connected", ms: 0 };
}
