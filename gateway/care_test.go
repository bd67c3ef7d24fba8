package gateway_test

import (
	"testing"

	"github.com/google/uuid"

	"showrunner/conversion/care/complaint"
	"showrunner/conversion/care/desk"
	"showrunner/conversion/care/need"
	words "showrunner/conversion/care/text"
)

// careOf is the book of complaints and the loop of needs of a server.
func careOf(t testing.TB, e *env, d *desk.Desk) (*complaint.Book, *need.Loop) {
	t.Helper()
	id := func() string { return uuid.NewString() }
	needs := need.New(need.Config{Store: e.store, Words: words.Shared, Entries: need.Desk{Desk: d}, NewID: id, Now: e.now})
	return complaint.New(complaint.Config{Store: e.store, Words: words.Shared, Desk: complaint.DeskAgents{}, Questions: needs, NewID: id, Now: e.now}), needs
}
