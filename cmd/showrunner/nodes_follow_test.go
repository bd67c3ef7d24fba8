package main

import (
	"path/filepath"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/eventlog"
)

// TestFollowsOnTwoNodes: one of two servers keeps who follows whom, for both. When
// it is killed the other goes on, and a server that joins later, to read a log
// full of what was taken back since, brings none of it back. The reader that a
// server had for itself in older versions is gone, or it would keep the log.
func TestFollowsOnTwoNodes(t *testing.T) {
	e := startEngines(t, "")
	ctx := deadline(t, 2*time.Minute)
	old, err := eventlog.Open(ctx, eventlog.Config{URL: e.nats, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if r, err := old.Reader(ctx, "followers-b", live.Position{Seq: 1}); err != nil {
		t.Fatal(err)
	} else if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	first, second := e.node("a"), e.node("b")
	readers, err := old.Readers(ctx)
	if err != nil || len(readers) == 0 {
		t.Fatal(readers, err)
	}
	for _, r := range readers {
		if r.Name == "followers-b" {
			t.Error("the old reader of b is there and keeps the log")
		}
	}
	keeps := func(p *program) bool { return p.metric("showrunner_node_duty", `{duty="followers"}`) == 1 }
	eventually(t, 30*time.Second, "one of them keeps follows", func() bool { return keeps(first) != keeps(second) })

	s := newStage(t, first.url, filepath.Dir(e.keys), "m-follow", "r-follow", "UTC", good{"p1", "sku-1", 100, 10})
	other := s.at(second)
	s.command("followers_only", object{})
	ann := other.viewer("ann", "")
	ann.spare = s.viewer("ann", "").url
	defer ann.close()
	may := func() string { return refusedWith(t, ctx, ann, "comment_sent", object{"text": "hello"}) }
	says := func(kind, want string) {
		t.Helper()
		if got := refusedWith(t, ctx, ann, kind, object{}); got != "ok" {
			t.Fatalf("%s: %s", kind, got)
		}
		eventually(t, 20*time.Second, "after "+kind+" a comment is "+want, func() bool { return may() == want })
	}
	eventually(t, 30*time.Second, "the rule holds", func() bool { return may() == "followers_only" })
	says("followed", "ok")
	says("unfollowed", "followers_only")

	keeper, left := first, second
	if keeps(second) {
		keeper, left = second, first
	}
	keeper.kill()
	eventually(t, 20*time.Second, "the other one keeps follows", func() bool { return keeps(left) })
	says("followed", "ok")
	says("unfollowed", "followers_only")

	third := e.node("c")
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); pause(ctx) {
		if got := may(); got != "followers_only" {
			t.Fatalf("who follows no more may write again when a server joins: %s", got)
		}
	}
	third.stop(15 * time.Second)
	left.stop(15 * time.Second)
}
