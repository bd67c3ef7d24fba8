package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/hub"
	"showrunner/live/ingest"
	"showrunner/live/moderation"
	"showrunner/live/store"
)

// banInBetween is an ingest before whose call a moderator's ban of the author
// reaches the log: after the words were judged, before they are durable.
type banInBetween struct {
	next *ingest.Ingest
	log  *eventlog.Log
	ban  live.Kind // of the next comment's author; empty: none
	fail func(error)
}

func (b *banInBetween) Ingest(ctx context.Context, door live.Origin, events []live.Event) ([]live.Receipt, error) {
	if events[0].Kind == live.CommentSent && b.ban != "" {
		_, err := b.log.Append(ctx, []live.Event{{
			ID: live.EventID("ban-" + string(events[0].Person)), Kind: b.ban, Source: "system", Merchant: "m1", Room: "r1", Show: "s1", Person: events[0].Person,
			Actor: live.Actor{ID: "mod", Role: live.RoleModerator}, OccurredAt: time.Now(), ReceivedAt: time.Now(),
			Data: fmt.Appendf(nil, `{"viewer_id":%q}`, events[0].Person),
		}})
		if err != nil {
			b.fail(err)
		}
		b.ban = ""
	}
	return b.next.Ingest(ctx, door, events)
}

// openRoom is a room whose rules let everybody write: no ban is known to it when
// the words are judged.
type openRoom struct{}

func (openRoom) Rules(live.RoomID) *live.RoomRules { return &live.RoomRules{} }
func (openRoom) Muted(live.RoomID, live.PersonID, time.Time) (time.Time, bool) {
	return time.Time{}, false
}

func (openRoom) Banned(context.Context, live.MerchantID, live.RoomID, live.PersonID) error {
	return nil
}

func (openRoom) Follows(context.Context, live.MerchantID, live.PersonID) (bool, error) {
	return true, nil
}
func (openRoom) OnAir(live.RoomID) (live.Show, bool) { return live.Show{ID: "s1"}, true }

// TestABanInBetween: the ban lands when the comment is judged and not yet open to
// the room. On the real log and hub, nobody is shown it, neither who is there nor
// who returns later and is answered from the log; it counts as sent.
func TestABanInBetween(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	l, err := eventlog.Open(ctx, eventlog.Config{Dir: t.TempDir(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(ctx, store.Config{Path: filepath.Join(t.TempDir(), "s.db"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	running, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(running) }()
	reader, err := l.Reader(ctx, "ingest", live.Position{})
	if err != nil {
		t.Fatal(err)
	}
	in := ingest.New(ingest.Config{Log: l, Seen: st, Reader: reader, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	between := &banInBetween{next: in, log: l, fail: func(err error) { t.Error(err) }}
	desk := moderation.New(moderation.Config{Ingest: between, Rules: openRoom{}, Now: time.Now})
	h := hub.New(hub.Config{Epoch: l.Epoch(), Framer: ws.Framer{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	f := &feed{log: l, hub: h, desk: desk, store: st, start: live.Position{Seq: 1}, logger: slog.New(slog.DiscardHandler)}
	parts := []func(context.Context) error{in.Run, desk.Run, h.Run, f.run}
	faults := make(chan error, len(parts))
	for _, run := range parts {
		go func() { faults <- run(ctx) }()
	}
	defer func() {
		stop()
		var err error
		for range parts {
			err = errors.Join(err, <-faults)
		}
		end()
		if err := errors.Join(err, reader.Close(), <-ended, l.Close(), st.Close()); err != nil {
			t.Error(err)
		}
	}()

	member, _, err := h.Join("r1", hub.JoinOptions{Wake: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	read := func(mark string) {
		t.Helper()
		eventually(t, 30*time.Second, "the room is shown "+mark, func() bool {
			for {
				d, ok := member.Next()
				if !ok {
					return strings.Contains(shown.String(), mark)
				}
				for _, frame := range d.Frames {
					shown.Write(frame)
				}
			}
		})
	}
	say := func(who, comment string, ban live.Kind) {
		t.Helper()
		between.ban = ban
		receipts, err := desk.Ingest(ctx, live.FromViewer, []live.Event{{
			Kind: live.CommentSent, Source: "ws", Merchant: "m1", Room: "r1", Show: "s1", Person: live.PersonID(who), Actor: live.Actor{ID: who, Role: live.RoleViewer},
			OccurredAt: time.Now(), Data: fmt.Appendf(nil, `{"comment_id":%q,"text":"text of %s"}`, comment, comment),
		}})
		if err != nil || receipts[0].Status != live.Accepted {
			t.Fatalf("%s: %+v, %v", comment, receipts, err)
		}
	}
	say("bob", "first", "")
	for who, ban := range map[string]live.Kind{"ann": live.ViewerMuted, "kim": live.ViewerKicked, "joe": live.ViewerBlocked} {
		say(who, "late-"+who, ban)
		say("bob", "after-"+who, "")
		read("text of after-" + who)
		read(`"comment_hidden"`)
	}
	if strings.Contains(shown.String(), "text of late") || strings.Count(shown.String(), "text of ") != 4 {
		t.Errorf("the room is shown %s", shown.String())
	}

	// Who returns to a room that remembers nothing is answered from the log.
	var all []hub.Message
	hidden := 0
	eventually(t, 30*time.Second, "every late comment is hidden in the log", func() bool {
		all, hidden = nil, 0
		head, err := l.Head(ctx)
		if err != nil {
			t.Fatal(err)
		}
		sent := 0
		if err := l.Range(ctx, live.Position{Seq: 1}, head, func(e live.Entry) error {
			switch e.Event.Kind {
			case live.CommentHidden:
				hidden++
			case live.CommentSent:
				sent++
			}
			if m, ok := ws.MessageOf(e); ok {
				all = append(all, m)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return hidden == 3 && sent == 7
	})
	back := fmt.Sprintf("%s", h.Encode(hub.ClassViewer, "eve", all, 1<<60))
	if strings.Contains(back, "text of late") || strings.Count(back, "text of ") != 4 {
		t.Errorf("who returns is shown %s", back)
	}
}
