package main

import (
	"encoding/hex"
	"testing"

	"showrunner/live"
)

// A network has one name in a show, on every server of one database, another in
// the next show, and one that the address cannot be read from.
func TestNetworksHaveNames(t *testing.T) {
	w := newTrapShop(t, 1)
	room := live.Room{ID: "r1", Merchant: "m1"}
	n, other := &networks{store: w.s}, &networks{store: w.s}
	name := n.name(room, "203.0.113.7")
	if raw, err := hex.DecodeString(name); err != nil || len(raw) != 8 {
		t.Fatalf("name %q: %v", name, err)
	}
	for address, same := range map[string]bool{"203.0.113.7": true, "::ffff:203.0.113.7": true, "203.0.113.8": false} {
		if got := other.name(room, address); (got == name) != same {
			t.Errorf("%s is %s, the first %s", address, got, name)
		}
	}
	if n.name(room, "2001:db8:1:2::3") != n.name(room, "2001:db8:1:2:ffff::4") || n.name(room, "2001:db8:1:3::3") == n.name(room, "2001:db8:1:2::3") {
		t.Error("a household is its /64")
	}
	w.do(live.EndShow)
	if got := n.name(room, "203.0.113.7"); got != "" {
		t.Errorf("without a show on air it is %q", got)
	}
	w.show("s2", 1)
	if got := n.name(room, "203.0.113.7"); got == name || got == "" {
		t.Errorf("in the next show it is %q again", got)
	}
	if got := n.name(room, "no address"); got != "" {
		t.Errorf("nothing is %q", got)
	}
}
