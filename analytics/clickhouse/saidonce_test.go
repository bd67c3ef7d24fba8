package clickhouse

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"showrunner/live"
)

// TestSaidOnce: what is stored once is read in full, of facts stored in full too.
func TestSaidOnce(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.HTTPURL())
	type said struct{ Source, ID, Actor string }
	viewer, host := live.RoleViewer, live.RoleHost
	var want []said
	s := newSpan(nil)
	for i, x := range []struct {
		source, id, actor, person string
		role                      live.Role
	}{
		{"ws:ming", "0199f3a2-7c11-7abc-8def-0123456789ab", "ming", "ming", viewer},
		{"ws:ming", "00000000-0000-4000-bfff-ffffffffffff", "ming", "", viewer},
		{"ws:li", "ffffffff-ffff-7fff-8000-000000000000", "li", "ming", live.RoleAgent},
		{"ws:ming", "0199F3A2-7C11-7ABC-8DEF-0123456789AB", "", "ming", viewer},
		{"system", "0199f3a2-7c11-7abc-0def-0123456789ab", "h", "h", host},
		{"ws:", "x", "", "", viewer},
		{"shop", "0199f3a2-7c11-7abc-8def-0123456789ag", "ming", "ming", live.RoleIntegration},
	} {
		want = append(want, said{x.source, x.id, x.actor})
		s.add(&live.Entry{Position: live.Position{Seq: 1, Index: uint32(i)}, Event: live.Event{
			ID: live.EventID(x.id), Kind: live.CommentSent, Source: x.source, Merchant: "m1", Person: live.PersonID(x.person),
			Actor: live.Actor{ID: x.actor, Role: x.role}, ReceivedAt: start, OccurredAt: start.Add(-1500 * time.Millisecond),
		}})
	}
	if err := db.insert(t.Context(), s.blocks()[0], "once"); err != nil {
		t.Fatal(err)
	}
	// As before: in full.
	old := said{"ws:wei", "0199f3a2-7c11-7abc-8def-0123456789ab", "wei"}
	if err := db.conn.Exec(t.Context(), fmt.Sprintf(`INSERT INTO events (merchant_id, kind, ts, occurred_full, person_id, actor_id, actor_role, source, event_id, seq, idx)
		SELECT 'm1', 'room_entered', fromUnixTimestamp64Milli(toInt64(%[1]d), 'UTC'), fromUnixTimestamp64Milli(toInt64(%[1]d - 1500), 'UTC'), '%[2]s', '%[2]s', 'viewer', '%[3]s', '%[4]s', 1, 100`, start.UnixMilli(), old.Actor, old.Source, old.ID)); err != nil {
		t.Fatal(err)
	}
	want = append(want, old)
	rows, err := db.conn.Query(t.Context(), `SELECT fact_source, fact_id, fact_actor, client_skew_ms FROM events ORDER BY idx`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // Err tells what went wrong.
	var got []said
	for rows.Next() {
		var x said
		var skew int64
		if err := rows.Scan(&x.Source, &x.ID, &x.Actor, &skew); err != nil {
			t.Fatal(err)
		}
		if got = append(got, x); skew != -1500 {
			t.Errorf("the clocks differ by %d", skew)
		}
	}
	if d := cmp.Diff(want, got); d != "" || rows.Err() != nil {
		t.Errorf("-want +got\n%s%v", d, rows.Err())
	}
	var stored uint64
	if err := db.conn.QueryRow(t.Context(), `SELECT countIf(event_id = '') + countIf(actor_id = '=') + countIf(source = 'ws:=') FROM events`).Scan(&stored); err != nil || stored != 3+1+2 {
		t.Errorf("%d are stored once, %v", stored, err)
	}
}

// TestKnownByPlace: of what viewers do all the time ClickHouse has the place in the
// log and no identifier; of what is asked for by its identifier it has both.
func TestKnownByPlace(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.HTTPURL())
	s := newSpan(nil)
	want := map[live.Position]string{}
	for i, kind := range append(slices.Clone(placedKinds), live.CommentSent, live.CommentPinned, live.QuestionAsked, live.OrderPaid, live.CouponClaimed, live.ShowStarted, live.ServiceMessageSent) {
		for k, id := range []string{fmt.Sprintf("0199f3a2-7c11-7abc-8def-%012x", i), fmt.Sprintf("own-%d", i)} {
			at := live.Position{Seq: uint64(i + 1), Index: uint32(k)}
			if want[at] = id; slices.Contains(placedKinds, kind) {
				want[at] = ""
			}
			s.add(&live.Entry{Position: at, Event: live.Event{
				ID: live.EventID(id), Kind: kind, Source: "ws:ming", Merchant: "m1", Person: "ming", Actor: live.Actor{ID: "ming", Role: live.RoleViewer}, ReceivedAt: start, OccurredAt: start,
			}})
		}
	}
	if err := db.insert(t.Context(), s.blocks()[0], "placed"); err != nil {
		t.Fatal(err)
	}
	got := map[live.Position]string{}
	err := db.rows(t.Context(), "test", nil, `SELECT seq, idx, fact_id FROM events`, func(scan scanner) error {
		var at live.Position
		var id string
		err := scan(&at.Seq, &at.Index, &id)
		got[at] = id
		return err
	})
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("-want +got\n%s%v", d, err)
	}
	found, err := db.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range found { // A fact without an identifier is nobody's double.
		if m.Check == "duplicate_event" || m.Check == "duplicate_position" {
			t.Errorf("%+v", m)
		}
	}
	// The same facts as they were kept before: with their identifiers, at their places.
	if err := db.conn.Exec(t.Context(), `INSERT INTO events (merchant_id, kind, ts, occurred_full, person_id, actor_id, actor_role, source, event_id, seq, idx)
		SELECT merchant_id, kind, ts, occurred_at, person_id, actor_id, actor_role, source, concat('old-', toString(seq), '-', toString(idx)), seq, idx FROM events`); err != nil {
		t.Fatal(err)
	}
	if found, err = db.Audit(t.Context()); err != nil {
		t.Fatal(err)
	}
	twice := 0
	for _, m := range found {
		if m.Check == "duplicate_position" {
			twice++
		}
	}
	if twice != len(want) {
		t.Errorf("%d places are told to be in twice, of %d", twice, len(want))
	}
}

// TestWhenIsKept: facts brought in before the difference was stored tell when they
// happened as they did, beside new ones, and so do the views that read it.
func TestWhenIsKept(t *testing.T) {
	waitReady(t)
	db := open(t, server.HTTPURL())
	all, err := render(migrations, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.apply(t.Context(), before(all, slim), steps{}); err != nil {
		t.Fatal(err)
	}
	exec := func(sql string) {
		t.Helper()
		if err := db.conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	ms := start.UnixMilli()
	var want []int64
	for i, late := range []int64{0, 1, 40, -5, 30 * 24 * 3600 * 1000} {
		want = append(want, ms-late)
		exec(fmt.Sprintf(`INSERT INTO events (merchant_id, kind, ts, occurred_at, person_id, touch, seq, idx)
			SELECT 'm1', 'room_entered', fromUnixTimestamp64Milli(toInt64(%d), 'UTC'), fromUnixTimestamp64Milli(toInt64(%d), 'UTC'), 'ming', 1, 1, %d`, ms, ms-late, i))
	}
	exec(`OPTIMIZE TABLE events FINAL`)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := newSpan(nil)
	for i, late := range []time.Duration{0, time.Millisecond, -5 * time.Millisecond, 30 * 24 * time.Hour, -1} {
		e := live.Event{
			ID: live.EventID(fmt.Sprint("n", i)), Kind: live.RoomEntered, Source: "ws:ming", Merchant: "m1", Person: "ming", Channel: "group",
			Actor: live.Actor{ID: "ming", Role: live.RoleViewer}, ReceivedAt: start, OccurredAt: start.Add(-late),
		}
		if late == -1 { // It does not say.
			e.OccurredAt, late = time.Time{}, 0
		}
		want = append(want, ms-late.Milliseconds())
		s.add(&live.Entry{Position: live.Position{Seq: 2, Index: uint32(i)}, Event: e})
	}
	if err := db.insert(t.Context(), s.blocks()[0], "late"); err != nil {
		t.Fatal(err)
	}
	look := func(what string) {
		t.Helper()
		for _, sql := range []string{
			`SELECT toUnixTimestamp64Milli(occurred_at), client_skew_ms FROM events ORDER BY seq, idx`,
			`SELECT toUnixTimestamp64Milli(at), toUnixTimestamp64Milli(at) - toUnixTimestamp64Milli(ts) FROM touches ORDER BY seq, idx`,
		} {
			var got []int64
			err := db.rows(t.Context(), "test", nil, sql, func(scan scanner) error {
				var at, skew int64
				err := scan(&at, &skew)
				if got = append(got, at); skew != at-ms {
					t.Errorf("%s: the clocks differ by %d, want %d", what, skew, at-ms)
				}
				return err
			})
			if d := cmp.Diff(want, got); d != "" || err != nil {
				t.Errorf("%s: %s: -want +got\n%s%v", what, sql, d, err)
			}
		}
	}
	look("after the migration")
	exec(`OPTIMIZE TABLE events FINAL`)
	look("merged")
}

// FuzzUUID compares with a library: what is a number is that UUID.
func FuzzUUID(f *testing.F) {
	f.Add("0199f3a2-7c11-7abc-8def-0123456789ab")
	f.Add("0199F3a2-7c11-7abc-8def-0123456789ab")
	f.Add("0199f3a2-7c11-7abc-0def-0123456789ab")
	f.Fuzz(func(t *testing.T, id string) {
		u, err := uuid.Parse(id)
		want := err == nil && u.String() == id && u.Variant() == uuid.RFC4122
		high, low, ok := uuidOf(id)
		if ok != want {
			t.Fatalf("%q is a UUID: %t, want %t", id, ok, want)
		}
		if ok && fmt.Sprintf("%016x%016x", high, low) != fmt.Sprintf("%x", u[:]) {
			t.Errorf("%q is %x %x", id, high, low)
		}
	})
}
