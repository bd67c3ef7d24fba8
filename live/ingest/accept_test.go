package ingest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

func TestAcceptedFactIsCompleted(t *testing.T) {
	w := begin(t, nil)
	w.run(t)
	early := liked("early")
	early.OccurredAt = now.Add(-time.Hour).In(time.FixedZone("", 8*3600)).Add(999 * time.Microsecond)
	future := liked("future")
	future.OccurredAt = now.Add(time.Hour)
	unnamed := comment("")
	receipts := mustIngest(t, w, comment("c"), early, future, unnamed)
	if got, want := statuses(receipts), "accepted accepted accepted accepted"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	got := w.log.events()
	for n, want := range []time.Time{now, now.Add(-time.Hour), now, now} {
		if !got[n].OccurredAt.Equal(want) || got[n].OccurredAt.Location() != time.UTC || !got[n].ReceivedAt.Equal(now) {
			t.Errorf("event %d occurred %v, received %v, want %v and %v", n, got[n].OccurredAt, got[n].ReceivedAt, want, now)
		}
		if got[n].ID != receipts[n].EventID {
			t.Errorf("event %d is %q in the log, its receipt says %q", n, got[n].ID, receipts[n].EventID)
		}
	}
	if got, want := string(got[0].Data), `{"comment_id":"c","text":"hi"}`; got != want {
		t.Errorf("data of the comment is %s, want %s", got, want)
	}
	if id := string(got[3].ID); len(id) != 36 || id[14] != '7' || !strings.Contains(string(got[3].Data), id) {
		t.Errorf("the unnamed comment became %s with %s, want a UUIDv7 in both", id, got[3].Data)
	}
	if again := mustIngest(t, w, unnamed); again[0].Status != live.Accepted {
		t.Errorf("an unnamed fact again: %s, want accepted", statuses(again))
	}
}

func TestCommentID(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{`{"text":"a<b"}`, `{"comment_id":"x","text":"a<b"}`},
		{` { "text" : "a" } `, `{"comment_id":"x", "text" : "a" }`},
		{`{}`, `{"comment_id":"x"}`},
		{`{"comment_id":"own","text":"a"}`, `{"comment_id":"own","text":"a"}`},
		{`{"comment_id":null,"text":"<3"}`, `{"comment_id":"x","text":"<3"}`},
	} {
		got, err := withCommentID([]byte(c.data), "x")
		if err != nil || string(got) != c.want {
			t.Errorf("%s became %s, %v, want %s", c.data, got, err, c.want)
		}
	}
}

func TestRejections(t *testing.T) {
	reg := prometheus.NewRegistry()
	w := begin(t, nil)
	w.Ingest = New(Config{Log: w.log, Seen: w.seen, Reader: w.reader, Now: func() time.Time { return now }, Registerer: reg})
	w.run(t)
	for _, c := range []struct {
		name, code, field string
		door              live.Origin
		edit              func(e *live.Event)
	}{
		{"unknown kind", "unknown_type", "type", live.FromProducer, func(e *live.Event) { e.Kind = "danced" }},
		{"kind of another door", "type_not_allowed", "type", live.FromViewer, func(e *live.Event) { e.Kind, e.Data = live.RoomEntered, nil }},
		{"order fact", "type_not_allowed", "type", live.FromSystem | live.FromProducer, func(e *live.Event) { e.Kind, e.Data = live.OrderPaid, nil }},
		{"bad id", "invalid_field", "event_id", live.FromProducer, func(e *live.Event) { e.ID = "a b" }},
		{"long id", "invalid_field", "event_id", live.FromProducer, func(e *live.Event) { e.ID = live.EventID(strings.Repeat("x", 129)) }},
		{"no merchant", "invalid_field", "merchant_id", live.FromProducer, func(e *live.Event) { e.Merchant = "" }},
		{"bad room", "invalid_field", "room_id", live.FromProducer, func(e *live.Event) { e.Room = "房间" }},
		{"bad show", "invalid_field", "show_id", live.FromProducer, func(e *live.Event) { e.Show = "/" }},
		{"bad person", "invalid_field", "person_id", live.FromProducer, func(e *live.Event) { e.Person = "\n" }},
		{"bad actor", "invalid_field", "actor.id", live.FromProducer, func(e *live.Event) { e.Actor.ID = "?" }},
		{"no source", "invalid_field", "source", live.FromProducer, func(e *live.Event) { e.Source = "" }},
		{"source of the system", "reserved_source", "source", live.FromProducer, func(e *live.Event) { e.Source = "system" }},
		{"source of a viewer", "reserved_source", "source", live.FromProducer, func(e *live.Event) { e.Source = "ws:v-1" }},
		{"role of the system", "invalid_field", "actor.role", live.FromProducer, func(e *live.Event) { e.Actor.Role = live.RoleSystem }},
		{"unknown role", "invalid_field", "actor.role", live.FromProducer, func(e *live.Event) { e.Actor.Role = "king" }},
		{"unprintable name", "invalid_field", "actor.name", live.FromProducer, func(e *live.Event) { e.Actor.Name = "a\x00" }},
		{"long channel", "invalid_field", "channel", live.FromProducer, func(e *live.Event) { e.Channel = strings.Repeat("c", 129) }},
		{"unprintable campaign", "invalid_field", "campaign", live.FromProducer, func(e *live.Event) { e.Campaign = "a\u202eb" }},
		{"unknown stage", "invalid_field", "stage", live.FromProducer, func(e *live.Event) { e.Stage = "later" }},
		{"bad data", "invalid_field", "data.text", live.FromProducer, func(e *live.Event) { e.Data = []byte(`{"text":7}`) }},
		{"no object", "malformed_json", "data", live.FromProducer, func(e *live.Event) { e.Data = []byte(`[]`) }},
		{"bad UTF-8", "malformed_json", "data", live.FromProducer, func(e *live.Event) { e.Data = []byte("{\"text\":\"\xff\"}") }},
		{"large data", "data_too_large", "data", live.FromProducer, func(e *live.Event) { e.Data = make([]byte, live.MaxEventData+1) }},
		{"too old", "too_old", "occurred_at", live.FromProducer, func(e *live.Event) { e.OccurredAt = now.Add(-live.MaxEventAge - time.Millisecond) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := comment("bad")
			c.edit(&e)
			good := liked("good-" + strings.ReplaceAll(c.name, " ", "-"))
			receipts, err := w.Ingest.Ingest(t.Context(), c.door, []live.Event{e, good})
			if err != nil {
				t.Fatal(err)
			}
			r := receipts[0]
			if r.Status != live.Rejected || r.Err == nil || r.Err.Code != c.code || r.Err.Field != c.field {
				t.Errorf("got %s %v, want %s at %s", r.Status, r.Err, c.code, c.field)
			}
			if r.EventID != e.ID {
				t.Errorf("the receipt names %q, the fact is %q", r.EventID, e.ID)
			}
			if receipts[1].Status != live.Accepted {
				t.Errorf("the good fact beside it: %s", statuses(receipts[1:]))
			}
		})
	}
	edge := liked("edge")
	edge.OccurredAt = now.Add(-live.MaxEventAge)
	if got := mustIngest(t, w, edge); got[0].Status != live.Accepted {
		t.Errorf("a fact of exactly the oldest age: %s", statuses(got))
	}
	if _, err := w.Ingest.Ingest(t.Context(), live.FromProducer, make([]live.Event, MaxCall+1)); !errors.Is(err, &live.Error{Code: "too_many_events"}) {
		t.Errorf("a call of too many: %v", err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := strings.TrimPrefix(f.GetName(), "showrunner_ingest_")
			for _, label := range m.GetLabel() {
				name += " " + label.GetValue()
			}
			got[name] = m.GetCounter().GetValue()
		}
	}
	want := map[string]float64{
		"accepted_total": 25, "duplicates_total": 0,
		"rejected_total unknown_type": 1, "rejected_total type_not_allowed": 2, "rejected_total reserved_source": 2,
		"rejected_total invalid_field": 15, "rejected_total malformed_json": 2, "rejected_total data_too_large": 1, "rejected_total too_old": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func TestDoorsAndSources(t *testing.T) {
	w := begin(t, nil)
	w.run(t)
	for _, c := range []struct {
		door   live.Origin
		kind   live.Kind
		source string
		role   live.Role
		want   live.ReceiptStatus
	}{
		{live.FromViewer, live.Followed, "ws:" + strings.Repeat("v", live.MaxIDLen), live.RoleViewer, live.Accepted},
		{live.FromViewer, live.Followed, "ws:", live.RoleViewer, live.Rejected},
		{live.FromSystem, live.RoomEntered, "ws:v-1", live.RoleViewer, live.Accepted},
		{live.FromSystem, live.ShowStarted, "system", live.RoleSystem, live.Accepted},
		{live.FromProducer, live.RoomEntered, "douyin", live.RoleViewer, live.Accepted},
		{live.FromProducer, live.ShowStarted, "douyin", live.RoleViewer, live.Rejected},
	} {
		e := comment("")
		e.Kind, e.Source, e.Actor.Role, e.Data = c.kind, c.source, c.role, nil
		receipts, err := w.Ingest.Ingest(t.Context(), c.door, []live.Event{e})
		if err != nil || receipts[0].Status != c.want {
			t.Errorf("%s by %s of %s: %s, %v, want %s", c.kind, c.role, c.source, statuses(receipts), err, c.want)
		}
	}
}
