package plan

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"showrunner/analytics"
	"showrunner/live"
	"showrunner/live/store"
)

var boss = live.Principal{Subject: "boss", Role: live.RoleMerchant, Merchant: "m"}

// printed is a source of reports whose bytes say what they are of; it can be behind,
// and fail.
type printed struct {
	behind bool
	err    error
	large  bool
	asked  int
}

func (p *printed) out(w io.Writer, format string, args ...any) (bool, error) {
	p.asked++
	if p.err != nil {
		return false, p.err
	}
	fmt.Fprintf(w, format, args...)
	if p.large {
		w.Write(bytes.Repeat([]byte("x"), MaxContent)) //nolint:errcheck // a buffer
	}
	return !p.behind, nil
}

func (p *printed) OfShow(_ context.Context, s live.Show, format, lang string, asOf time.Time, w io.Writer) (bool, error) {
	return p.out(w, "%s %s %s %s", s.ID, format, lang, analytics.Stamp(asOf))
}

func (p *printed) OfPeriod(_ context.Context, period, against analytics.Period, format, lang string, asOf time.Time, w io.Writer) (bool, error) {
	return p.out(w, "%s..%s %s..%s %s %s %s", period.First(), period.Last(), against.First(), against.Last(), format, lang, analytics.Stamp(asOf))
}

// play makes a show that is over and tells when it ended.
func play(t *testing.T, s *store.Store, clock *hands, id live.ShowID, lasts time.Duration) time.Time {
	t.Helper()
	room := live.RoomID("room-" + string(id))
	if _, err := s.CreateRoom(t.Context(), live.Room{ID: room, Merchant: "m", Title: "Room", Currency: "CNY", TimeZone: "Asia/Shanghai"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateShow(t.Context(), live.Show{ID: id, Room: room}, boss); err != nil {
		t.Fatal(err)
	}
	command := func(name live.CommandName) {
		t.Helper()
		if _, err := s.Execute(t.Context(), live.Command{ID: string(id) + string(name), Name: name, Merchant: "m", Room: room, Show: id, By: boss, At: clock.now()}); err != nil {
			t.Fatal(err)
		}
	}
	command(live.StartShow)
	clock.move(lasts)
	command(live.EndShow)
	show, err := s.Show(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return show.EndedAt
}

// subscribe makes a subscription of the merchant.
func subscribe(t *testing.T, s *store.Store, types ...live.Kind) string {
	t.Helper()
	sub, err := s.CreateSubscription(t.Context(), store.Subscription{Merchant: "m", URL: "https://erp.example/hook", Types: types, Active: true}, boss)
	if err != nil {
		t.Fatal(err)
	}
	return sub.ID
}

// sent are the bodies that wait for the sender, by webhook-id.
func sent(t *testing.T, s *store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for {
		claims, err := s.ClaimWebhooks(t.Context(), store.ClaimRule{Lease: time.Hour, Each: 100, All: 100, Probing: 5})
		if err != nil {
			t.Fatal(err)
		}
		if len(claims) == 0 {
			return out
		}
		for i := range claims {
			if out[claims[i].ID] != "" {
				t.Errorf("%s is there twice", claims[i].ID)
			}
			out[claims[i].ID] = claims[i].Body
			if err := s.FinishWebhook(t.Context(), &claims[i], store.Outcome{State: store.WebhookDelivered}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func maker(t *testing.T, b *Book, r Reports, now func() time.Time) *Maker {
	t.Helper()
	m, err := NewMaker(Config{Book: b, Reports: r, Now: now, Every: time.Second, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestReportsOfShows: the report of a show is made at each moment of the schedule
// and never before, once however often it is looked, as of the moment, and not for
// what was due before the schedule was made.
func TestReportsOfShows(t *testing.T) {
	s, clock := open(t)
	b := New(s)
	play(t, s, clock, "early", time.Hour)
	clock.move(time.Minute)
	sub := subscribe(t, s, store.ReportDue)
	added, err := b.AddSchedule(t.Context(), Schedule{Merchant: "m", Subscription: sub, Report: OfShow, Moments: []string{"t0", "t7"}, Format: "csv", Lang: "en"}, boss.Actor())
	if err != nil {
		t.Fatal(err)
	}
	m := maker(t, b, &printed{}, clock.now)
	look := func() map[string]string {
		t.Helper()
		for range 3 {
			if err := m.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return sent(t, s)
	}
	if got := look(); len(got) != 0 {
		t.Errorf("what was due before is sent: %v", got)
	}
	ended := play(t, s, clock, "late", 2*time.Hour)
	first := look()
	if len(first) != 1 {
		t.Fatalf("at the end of the show %d are sent: %v", len(first), first)
	}
	clock.move(7*24*time.Hour - 2*time.Hour) // a week after the first show, and not yet after the second
	if got := look(); len(got) != 1 {
		t.Errorf("a week after the first show %d are sent: %v", len(got), got)
	}
	clock.move(3 * time.Hour)
	if got := look(); len(got) != 1 {
		t.Errorf("a week after the second show %d are sent: %v", len(got), got)
	}
	for id, body := range first {
		var said struct {
			Type, Timestamp string
			Data            struct {
				Show    string `json:"show_id"`
				Moment  string
				AsOf    string `json:"as_of"`
				Path    string
				Content []byte `json:"content_base64"`
				Bytes   int64  `json:"content_bytes"`
				SHA256  string `json:"content_sha256"`
			}
		}
		if err := json.Unmarshal([]byte(body), &said); err != nil {
			t.Fatal(err)
		}
		at := analytics.Stamp(ended)
		if d := said.Data; said.Type != "report_due" || said.Timestamp != at || d.Show != "late" || d.Moment != "t0" || d.AsOf != at || string(d.Content) != "late csv en "+at || d.Bytes != int64(len(d.Content)) {
			t.Errorf("sent %s", body)
		} else if !strings.HasPrefix(d.Path, "/v1/shows/late/report?") || !strings.Contains(d.Path, "format=csv") || !strings.Contains(d.Path, "as_of=2026") {
			t.Errorf("the path is %s", d.Path)
		}
		runs, err := b.Runs(t.Context(), "m", added.ID)
		if err != nil || len(runs) != 3 {
			t.Fatalf("%d runs, %v, want 3: %v", len(runs), err, runs)
		}
		if x := runs[len(runs)-1]; x.Delivery != id || !x.Made || x.SHA256 != said.Data.SHA256 || x.Subject != "show:late:t0" || !x.DueAt.Equal(ended) {
			t.Errorf("the first run is %+v", x)
		}
	}
	rows, _, err := s.Audit(t.Context(), store.AuditFilter{Merchant: "m"})
	if err != nil || !slices.ContainsFunc(rows, func(r store.AuditRow) bool { return r.Action == "report.deliver" }) || !slices.ContainsFunc(rows, func(r store.AuditRow) bool { return r.Action == "report.schedule" }) {
		t.Errorf("the audit has %v, %v", rows, err)
	}
}

// TestReportsOfPeriods: a day is told when it is over by the calendar of its zone, a
// week on Monday, of 23 hours where clocks change.
func TestReportsOfPeriods(t *testing.T) {
	s, clock := open(t)
	clock.ms.Store(time.Date(2026, 3, 7, 12, 0, 0, 0, time.UTC).UnixMilli()) // a Saturday; in New York clocks change in the night of Sunday
	b := New(s)
	sub := subscribe(t, s, store.ReportDue)
	for _, x := range []Schedule{
		{Report: Daily, Zone: "America/New_York"}, {Report: Daily, Zone: "Asia/Shanghai"}, {Report: Weekly, Zone: "America/New_York"},
	} {
		x.Merchant, x.Subscription, x.Format, x.Lang = "m", sub, "json", "zh-CN"
		if _, err := b.AddSchedule(t.Context(), x, boss.Actor()); err != nil {
			t.Fatal(err)
		}
	}
	m := maker(t, b, &printed{}, clock.now)
	for _, step := range []struct {
		until string
		want  []string
	}{
		{"2026-03-07T15:59:59Z", nil},
		{"2026-03-07T16:00:00Z", []string{"2026-03-07..2026-03-07 2026-03-06..2026-03-06 json zh-CN 2026-03-07T16:00:00.000Z"}},
		{"2026-03-08T04:59:59Z", nil},
		{"2026-03-08T05:00:00Z", []string{"2026-03-07..2026-03-07 2026-03-06..2026-03-06 json zh-CN 2026-03-08T05:00:00.000Z"}},
		{"2026-03-09T03:59:59Z", []string{"2026-03-08..2026-03-08 2026-03-07..2026-03-07 json zh-CN 2026-03-08T16:00:00.000Z"}},
		{"2026-03-09T04:00:00Z", []string{
			"2026-03-02..2026-03-08 2026-02-23..2026-03-01 json zh-CN 2026-03-09T04:00:00.000Z",
			"2026-03-08..2026-03-08 2026-03-07..2026-03-07 json zh-CN 2026-03-09T04:00:00.000Z",
		}},
		// Two days without a server: both are caught up with.
		{"2026-03-11T15:00:00Z", []string{
			"2026-03-09..2026-03-09 2026-03-08..2026-03-08 json zh-CN 2026-03-09T16:00:00.000Z", "2026-03-09..2026-03-09 2026-03-08..2026-03-08 json zh-CN 2026-03-10T04:00:00.000Z",
			"2026-03-10..2026-03-10 2026-03-09..2026-03-09 json zh-CN 2026-03-10T16:00:00.000Z", "2026-03-10..2026-03-10 2026-03-09..2026-03-09 json zh-CN 2026-03-11T04:00:00.000Z",
		}},
	} {
		at, err := time.Parse(time.RFC3339, step.until)
		if err != nil {
			t.Fatal(err)
		}
		clock.ms.Store(at.UnixMilli())
		if err := m.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, body := range sent(t, s) {
			var said struct{ Data map[string]any }
			if err := json.Unmarshal([]byte(body), &said); err != nil {
				t.Fatal(err)
			}
			content, err := base64.StdEncoding.DecodeString(said.Data["content_base64"].(string))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(content))
		}
		slices.Sort(got)
		if slices.Compare(got, step.want) != 0 {
			t.Errorf("at %s: sent %q, want %q", step.until, got, step.want)
		}
	}
}

// TestReportsWait: a report that is not complete or fails is tried again, with
// growing waits, does not hold up another schedule, and travels by path alone when it
// is large.
func TestReportsWait(t *testing.T) {
	s, clock := open(t)
	b := New(s)
	sub := subscribe(t, s, store.ReportDue)
	added, err := b.AddSchedule(t.Context(), Schedule{Merchant: "m", Subscription: sub, Report: OfShow, Moments: []string{"t0"}, Format: "json", Lang: "zh-CN"}, boss.Actor())
	if err != nil {
		t.Fatal(err)
	}
	clock.move(time.Second)
	play(t, s, clock, "show", time.Hour)
	source := &printed{behind: true}
	m := maker(t, b, source, clock.now)
	look := func(asked int, code string) {
		t.Helper()
		if err := m.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		runs, err := b.Runs(t.Context(), "m", added.ID)
		if err != nil || len(runs) != 1 || runs[0].Error != code || source.asked != asked {
			t.Fatalf("asked %d times, %v: %+v; want %d and %q", source.asked, err, runs, asked, code)
		}
	}
	look(1, "not_complete")
	look(1, "not_complete") // It is not time yet.
	clock.move(16 * time.Second)
	source.err = errors.New("nobody's business")
	look(2, "internal")
	clock.move(16 * time.Second)
	look(2, "internal") // The wait has doubled.
	clock.move(16 * time.Second)
	source.err = live.TooLarge("too_many_shows", "from", "too many")
	look(3, "too_many_shows")
	if got := sent(t, s); len(got) != 0 {
		t.Errorf("sent %v", got)
	}
	clock.move(2 * time.Minute)
	source.err, source.behind, source.large = nil, false, true
	look(4, "")
	look(4, "")
	got := sent(t, s)
	if len(got) != 1 {
		t.Fatalf("%d are sent", len(got))
	}
	for _, body := range got {
		if !strings.Contains(body, `"content_omitted":true`) || strings.Contains(body, "content_base64") || len(body) > 2000 {
			t.Errorf("a large report is sent as %.300s", body)
		}
	}
}

// TestSchedules: what is refused, what a merchant sees of it, and what goes with the
// subscription.
func TestSchedules(t *testing.T) {
	s, clock := open(t)
	b := New(s)
	sub, facts := subscribe(t, s, store.ReportDue), subscribe(t, s, live.OrderPaid)
	good := Schedule{Merchant: "m", Subscription: sub, Report: OfShow, Moments: []string{"t0"}, Format: "json", Lang: "en"}
	for _, tc := range []struct {
		code, field string
		change      func(*Schedule)
	}{
		{"invalid_field", "report", func(x *Schedule) { x.Report = "hourly" }},
		{"invalid_field", "moments", func(x *Schedule) { x.Moments = nil }},
		{"invalid_field", "moments[0]", func(x *Schedule) { x.Moments = []string{"t2"} }},
		{"invalid_field", "moments[1]", func(x *Schedule) { x.Moments = []string{"t0", "t0"} }},
		{"invalid_field", "moments", func(x *Schedule) { x.Report, x.Zone = Daily, "UTC" }},
		{"invalid_field", "time_zone", func(x *Schedule) { x.Zone = "UTC" }},
		{"invalid_field", "time_zone", func(x *Schedule) { x.Report, x.Moments, x.Zone = Weekly, nil, "Mars/Olympus" }},
		{"invalid_field", "time_zone", func(x *Schedule) { x.Report, x.Moments = Weekly, nil }},
		{"format_unavailable", "format", func(x *Schedule) { x.Format = "pdf" }},
		{"unknown_language", "lang", func(x *Schedule) { x.Lang = "de" }},
		{"subscription_not_found", "", func(x *Schedule) { x.Subscription = "sub_none" }},
		{"subscription_not_found", "", func(x *Schedule) { x.Merchant = "other" }},
		{"invalid_field", "subscription_id", func(x *Schedule) { x.Subscription = facts }},
	} {
		x := good
		x.Moments = slices.Clone(good.Moments)
		tc.change(&x)
		_, err := b.AddSchedule(t.Context(), x, boss.Actor())
		var refusal *live.Error
		if !errors.As(err, &refusal) || refusal.Code != tc.code || refusal.Field != tc.field {
			t.Errorf("%+v: %v, want %s of %q", x, err, tc.code, tc.field)
		}
	}
	var ids []string
	for range MaxSchedules {
		x, err := b.AddSchedule(t.Context(), good, boss.Actor())
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, x.ID)
	}
	var refusal *live.Error
	if _, err := b.AddSchedule(t.Context(), good, boss.Actor()); !errors.As(err, &refusal) || refusal.Code != "too_many_schedules" {
		t.Errorf("one too many: %v", err)
	}
	if err := b.DropSchedule(t.Context(), "other", ids[0], boss.Actor()); !errors.As(err, &refusal) || refusal.Code != "schedule_not_found" {
		t.Errorf("another merchant drops a schedule: %v", err)
	}
	if _, err := b.Runs(t.Context(), "other", ids[0]); !errors.As(err, &refusal) || refusal.Code != "schedule_not_found" {
		t.Errorf("another merchant reads runs: %v", err)
	}
	if err := b.DropSchedule(t.Context(), "m", ids[0], boss.Actor()); err != nil {
		t.Fatal(err)
	}
	list, err := b.Schedules(t.Context(), "m")
	if err != nil || len(list) != MaxSchedules-1 {
		t.Errorf("%d schedules, %v", len(list), err)
	}
	// Of an inactive subscription nothing is made; with it the schedules go.
	clock.move(time.Second)
	play(t, s, clock, "show", time.Hour)
	off := false
	if _, err := s.UpdateSubscription(t.Context(), sub, store.SubscriptionPatch{Active: &off}, boss); err != nil {
		t.Fatal(err)
	}
	source := &printed{}
	m := maker(t, b, source, clock.now)
	if err := m.Look(t.Context()); err != nil || source.asked != 0 {
		t.Errorf("of an inactive subscription %d reports are made, %v", source.asked, err)
	}
	on := true
	if _, err := s.UpdateSubscription(t.Context(), sub, store.SubscriptionPatch{Active: &on}, boss); err != nil {
		t.Fatal(err)
	}
	if err := m.Look(t.Context()); err != nil || source.asked != MaxSchedules-1 {
		t.Errorf("%d reports are made, %v", source.asked, err)
	}
	if err := s.DeleteSubscription(t.Context(), sub, boss); err != nil {
		t.Fatal(err)
	}
	if list, err := b.Schedules(t.Context(), "m"); err != nil || len(list) != 0 {
		t.Errorf("%d schedules of no subscription, %v", len(list), err)
	}
}
