package clickhouse

import (
	"slices"
	"strings"

	"showrunner/analytics"
	"showrunner/live"
)

// placedKinds are the kinds that ClickHouse knows by their place in the log alone:
// what viewers do, many to each of them, whose identifiers nothing reads there. An
// identifier is mostly chance, and was half of what such a fact took.
var placedKinds = slices.Concat(analytics.BehaviourKinds, []live.Kind{live.RoomEntered, live.Followed, live.Unfollowed})

// In actor_id and behind "ws:" in source, itself stands for the person that the
// fact is about. It is no identifier.
const itself = "="

// viewerSource begins the source of what viewers state themselves.
const viewerSource = "ws:"

// actorOf is the actor as it is stored: only viewers are not named twice, so that
// actor_id of staff can be read as it is.
func actorOf(e *live.Event) string {
	if e.Actor.Role == live.RoleViewer && e.Person != "" && e.Actor.ID == string(e.Person) {
		return itself
	}
	return e.Actor.ID
}

// sourceOf is the source as it is stored.
func sourceOf(e *live.Event) string {
	if who, ok := strings.CutPrefix(e.Source, viewerSource); ok && e.Person != "" && who == string(e.Person) {
		return viewerSource + itself
	}
	return e.Source
}

// uuidOf is the number that a UUID is, if id is one as they are written: in lower
// case, and of the variant of RFC 9562, so that low is never 0.
func uuidOf(id string) (high, low uint64, ok bool) {
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
		return 0, 0, false
	}
	var bad byte
	for _, part := range [...]string{id[:8], id[9:13], id[14:18]} {
		for i := range len(part) {
			n := nibbles[part[i]]
			bad |= n
			high = high<<4 | uint64(n&0xf)
		}
	}
	for _, part := range [...]string{id[19:23], id[24:]} {
		for i := range len(part) {
			n := nibbles[part[i]]
			bad |= n
			low = low<<4 | uint64(n&0xf)
		}
	}
	return high, low, bad < 0x10 && low>>62 == 2
}

// nibbles is what a digit of a UUID says; 0x10 for what is none.
var nibbles = func() (all [256]byte) {
	for i := range all {
		all[i] = 0x10
	}
	for i, c := range "0123456789abcdef" {
		all[c] = byte(i)
	}
	return all
}()
