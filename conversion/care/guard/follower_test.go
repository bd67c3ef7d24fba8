package guard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

// TestFollower: answers end a cool-down, signals of platforms are opt-outs of the
// channel, and what others sent takes its room, once, however often it is read.
func TestFollower(t *testing.T) {
	e := newEnv(t)
	log, err := eventlog.Open(t.Context(), eventlog.Config{Dir: filepath.Join(t.TempDir(), "log"), Now: e.now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var logging sync.WaitGroup
	logging.Go(func() {
		if err := log.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		logging.Wait()
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	n := 0
	say := func(kind live.Kind, person string, role live.Role, channel, data string) {
		t.Helper()
		n++
		f := live.Event{
			ID: live.EventID(fmt.Sprint("e", n)), Kind: kind, Source: "crm", Merchant: "m1", Person: live.PersonID(person), Channel: channel,
			Actor: live.Actor{ID: person, Role: role}, OccurredAt: e.now(), ReceivedAt: e.now(), Data: json.RawMessage(data),
		}
		if _, err := log.Append(t.Context(), []live.Event{f}); err != nil {
			t.Fatal(err)
		}
	}
	follow := func() {
		t.Helper()
		head, err := log.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r, err := log.Reader(t.Context(), "guard", live.Position{})
		if err != nil {
			t.Fatal(err)
		}
		now := e.now()
		f := NewFollower(FollowerConfig{
			Reader: r, Log: log, Store: e.store, Logger: slog.New(slog.DiscardHandler),
			Now: func() time.Time { now = now.Add(time.Minute); return now }, // it is always time to tell the log
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx) }()
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
			if _, next, err := f.Checkpoint(t.Context()); err == nil && !next.Less(head) {
				break
			}
			if time.Now().After(end) {
				t.Fatal("the follower does not come to the end of the log")
			}
		}
		cancel()
		if err := errors.Join(<-done, r.Close()); err != nil {
			t.Fatal(err)
		}
	}

	e.rules(`{"cool_down":{"after":2,"hours":100},"caps":[{"per":"person","hours":24,"at_most":2}]}`)
	e.wants("sent", to("p1"))
	e.wait(30 * time.Hour)
	e.wants("sent", to("p1"))
	e.wait(time.Minute)
	e.wants("suppressed cool_down", to("p1"))
	say("service_message_sent", "p1", live.RoleAgent, "", `{"session_id":"s1","by":"agent"}`) // theirs is no answer
	follow()
	e.wants("suppressed cool_down", to("p1"))
	say("service_message_sent", "p1", live.RoleViewer, "", `{"session_id":"s1","by":"viewer"}`)
	follow()
	e.wants("sent", to("p1"))

	say("contact_lost", "p2", live.RoleIntegration, "wecom", `{"lost_by":"customer","blocked":true}`)
	say("contact_lost", "p3", live.RoleIntegration, "", `{"lost_by":"agent"}`)
	say(live.TouchRejected, "p4", live.RoleIntegration, "sms", `{"agent_id":"ann"}`)
	follow()
	wecom, sms := to("p2"), to("p4")
	wecom.Channel, sms.Channel = "wecom", "sms"
	e.wants("suppressed opt_out_channel", wecom)
	e.wants("sent", to("p2")) // another channel
	e.wants("sent", to("p3"))
	e.wants("suppressed opt_out_channel", sms)
	e.wait(time.Minute)
	say("contact_added", "p2", live.RoleIntegration, "wecom", `{"agent_id":"ann"}`)
	e.wishes(Wishes{Person: "p4", Channels: map[string]Wish{"sms": {OptOut: true}}})
	e.wait(time.Minute)
	say("contact_added", "p4", live.RoleIntegration, "sms", `{}`) // what they said themselves stands
	follow()
	e.wants("sent", wecom)
	e.wants("suppressed opt_out_channel", sms)

	for range 2 {
		say(live.TouchSent, "p5", live.RoleIntegration, "sms", `{"template":"spring"}`)
	}
	follow()
	follow()
	e.wants("suppressed cool_down cap_person", to("p5"))
	list, _, err := e.guard.Touches(t.Context(), TouchFilter{Merchant: "m1", Person: "p5", State: Sent})
	if err != nil || len(list) != 2 || !list[0].Outside || list[0].Channel != "sms" || list[0].Template != "spring" {
		t.Errorf("from outside: %+v, %v", list, err)
	}

	// Who is forgotten while facts about them are on their way does not come back by them.
	one, err := e.store.Identify(t.Context(), "m1", []live.Identifier{{Kind: live.IdentityLogin, Value: "p6"}}, "login")
	if err != nil {
		t.Fatal(err)
	}
	say("service_message_sent", string(one), live.RoleViewer, "", `{"session_id":"s6","by":"viewer"}`)
	say(live.TouchRejected, string(one), live.RoleIntegration, "sms", `{"agent_id":"ann"}`)
	say(live.TouchSent, string(one), live.RoleIntegration, "sms", `{"template":"spring"}`)
	e.wait(time.Minute)
	if _, err := e.store.ErasePerson(t.Context(), "m1", one, "asked", owner); err != nil {
		t.Fatal(err)
	}
	follow()
	for _, table := range []string{"guard_answers", "guard_channels", "guard_touches"} {
		var old, fresh int64
		if err := e.store.View(t.Context()).Row(`SELECT COUNT(CASE WHEN person_id = ? THEN 1 END), COUNT(CASE WHEN person_id LIKE 'erased:%' THEN 1 END) FROM `+table, string(one)).Scan(&old, &fresh); err != nil {
			t.Fatal(err)
		}
		if old != 0 || fresh != 1 {
			t.Errorf("%s: %d rows of who was forgotten, and %d under their new name", table, old, fresh)
		}
	}

	// A store that was restored from an older backup reads again what it lacks.
	if err := e.store.Change(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM guard_touches WHERE person_id = 'p5'`); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE guard_checkpoint SET position = 0`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	follow()
	e.wants("suppressed cool_down cap_person", to("p5"))
}
