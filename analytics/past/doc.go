// Package past keeps, beside every show on air, what the room's earlier shows
// were like minute by minute: what a show is held against while it runs.
//
// It also keeps who is there by who they were before the show, asked for once a
// minute for each show.
//
// [Keeper.Run] reads them from ClickHouse, each show once, and forgets them when
// nobody on air needs them any more; [Keeper.Of] answers from memory. So however
// many people watch, and however often figures are made, nothing more is asked.
package past
