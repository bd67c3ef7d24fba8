package guard

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

func TestParseRules(t *testing.T) {
	got, err := ParseRules([]byte(`{"quiet_hours":null,"caps":[],"temperature":{"alpha":4}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultRules()
	want.Quiet, want.Caps, want.Temperature.Alpha = nil, []Cap{}, 4
	if d := cmp.Diff(want, *got); d != "" {
		t.Errorf("what is left out is the default, what is empty is off: -want +got\n%s", d)
	}
	for _, c := range []struct{ field, document string }{
		{"", `[]`},
		{"", `{"caps":[]} x`},
		{"", `{"unknown":1}`},
		{"plan_minutes", `{"plan_minutes":"x"}`},
		{"plan_minutes", `{"plan_minutes":0}`},
		{"time_zone", `{"time_zone":"Mars/Base"}`},
		{"time_zone", `{"time_zone":"Local"}`},
		{"quiet_hours", `{"quiet_hours":{"from":"21:00","to":"24:00"}}`},
		{"quiet_hours", `{"quiet_hours":{"from":"21:00","to":"21:00"}}`},
		{"caps[1].per", `{"caps":[{"per":"person","hours":1,"at_most":1},{"per":"planet","hours":1,"at_most":1}]}`},
		{"caps[0].hours", `{"caps":[{"per":"merchant","hours":25,"at_most":1}]}`},
		{"caps[0].at_most", `{"caps":[{"per":"person","hours":24,"at_most":-1}]}`},
		{"caps[0].channel", `{"caps":[{"per":"person","hours":24,"at_most":1,"channel":"sms"}]}`},
		{"cool_down.after", `{"cool_down":{"after":0,"hours":1}}`},
		{"consent_channels[0]", `{"consent_channels":["SMS !"]}`},
		{"temperature.alpha", `{"temperature":{"alpha":-1}}`},
		{"temperature.answer_hours", `{"temperature":{"answer_hours":0}}`},
		{"target", `{"target":{}}`},
		{"target.rungs[0]", `{"target":{"rungs":["king"]}}`},
		{"target.currency", `{"target":{"net_minor_at_least":5}}`},
	} {
		_, err := ParseRules([]byte(c.document))
		var fault *live.Error
		if !errors.As(err, &fault) || fault.Code != "invalid_rules" || fault.Field != c.field {
			t.Errorf("%s: %v, want invalid_rules of %q", c.document, err, c.field)
		}
	}
}

// FuzzParseRules: whatever comes, a document that is taken is whole, and is read
// the same once it was written down.
func FuzzParseRules(f *testing.F) {
	f.Add([]byte(`{"time_zone":"Asia/Shanghai","quiet_hours":{"from":"22:00","to":"08:00"},"caps":[{"per":"person","hours":24,"at_most":2}],"cool_down":{"after":2,"hours":24}}`))
	f.Add([]byte(`{"temperature":{"alpha":1e400}}`))
	f.Add([]byte(`{"target":{"rungs":["member"]},"consent_channels":[]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ParseRules(raw)
		if err != nil {
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := ParseRules(again)
		if err != nil || !cmp.Equal(r, twice) {
			t.Fatalf("%s is read back as %+v, %v", again, twice, err)
		}
	})
}

// TestKeptRules: versions follow one another and are audited; a merchant without
// rules has the default.
func TestKeptRules(t *testing.T) {
	e := newEnv(t)
	before, err := e.guard.Rules(t.Context(), "m1")
	without := DefaultRules()
	without.TimeZone = "UTC"
	if err != nil || before.Version != 0 || !cmp.Equal(before.Rules, without) {
		t.Errorf("before any were set: %+v, %v", before, err)
	}
	e.rules(`{}`)
	e.rules(`{"plan_minutes":3}`)
	got, err := e.other.Rules(t.Context(), "m1")
	if err != nil || got.Version != 2 || got.Rules.PlanMinutes != 3 || got.By.ID != "owner" {
		t.Errorf("the rules are %+v, %v", got, err)
	}
	bad := DefaultRules()
	bad.TimeZone = "Mars/Base"
	if _, err := e.guard.SetRules(t.Context(), "m1", bad, owner); err == nil || !strings.Contains(err.Error(), "time_zone") {
		t.Errorf("bad rules: %v", err)
	}
	e.audited("touch.rules", "touch.rules")
	if d := DefaultRules(); d.Check() != nil || !slices.Contains(d.Transactional, "order_shipped") {
		t.Error("the default breaks its own rules")
	}
}

// TestZoneOfRooms: who names no zone is quiet by the clock of most of their rooms,
// with rules of their own or without, and follows the rooms.
func TestZoneOfRooms(t *testing.T) {
	e := newEnv(t)
	zone := func(want string) {
		t.Helper()
		if k, err := e.other.Rules(t.Context(), "m1"); err != nil || k.Rules.TimeZone != want {
			t.Fatalf("the zone is %q, %v, want %s", k.Rules.TimeZone, err, want)
		}
	}
	room := func(id live.RoomID, m live.MerchantID, zone string) {
		t.Helper()
		if _, err := e.store.CreateRoom(t.Context(), live.Room{ID: id, Merchant: m, Title: "Room", Currency: "CNY", TimeZone: zone}); err != nil {
			t.Fatal(err)
		}
	}
	room("other", "m2", "America/New_York")
	zone("UTC")
	e.wait(2 * time.Hour) // 14:00 in UTC, 22:00 in Shanghai, 16:00 in Berlin.
	e.wants("sent", to("p1"))
	room("r1", "m1", "Asia/Shanghai")
	zone("Asia/Shanghai")
	if got := e.wants("suppressed quiet_hours", to("p2")); got.Holds[0].Until.Sub(e.now()) != 11*time.Hour {
		t.Errorf("quiet until %s", got.Holds[0].Until)
	}
	e.rules(`{"quiet_hours":{"from":"21:00","to":"09:00"}}`)
	zone("Asia/Shanghai")
	e.wants("suppressed quiet_hours", Touch{Merchant: "m1", Group: "g1", Channel: "group", Kind: "share", By: owner})
	e.wishes(Wishes{Person: "p3", TimeZone: "Europe/London"})
	e.wants("sent", to("p3"))

	room("r2", "m1", "Europe/Berlin")
	zone("Asia/Shanghai") // As many of either: the first by name.
	room("r3", "m1", "Europe/Berlin")
	zone("Europe/Berlin")
	e.wants("sent", to("p4"))
	e.rules(`{"quiet_hours":{"from":"21:00","to":"09:00"},"time_zone":"UTC"}`)
	zone("UTC")
}
