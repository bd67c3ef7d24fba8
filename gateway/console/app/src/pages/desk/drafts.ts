// Answers that were begun, by session: going to another one and back loses none.

export const drafts = new Map<string, string>();
